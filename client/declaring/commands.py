"""The commands plan, apply, export and schema."""

import shlex
import sys

import click

from client.declaring import exporting, planning, printing, reading, schema
from client.declaring.outlets import Outlets
from client.declaring.running import Run, carry_out
from client.failures import Refused
from client.options import asks_server

NOTHING, DIFFERS, FAILED = 0, 2, 1
file = click.argument("file", type=click.Path(exists=False, dir_okay=True))
prune = click.option(
    "--prune", is_flag=True, help="Delete what is not in the file, of what it governs."
)
as_json = click.option("--json", "as_json", is_flag=True, help="As --output=json.")


class Telling(click.Command):
    """A command whose exit code tells what it found, so that 2 is not wrong usage."""

    def make_context(self, *args, **kwargs):
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            error.exit_code = FAILED
            raise

    def invoke(self, context):
        try:
            return super().invoke(context)
        except click.ClickException as error:
            error.exit_code = FAILED
            raise


@click.command(cls=Telling)
@file
@prune
@as_json
@asks_server
def plan(server, output, file, prune, as_json):
    """Show what apply would change to make an organisation as FILE says.

    Exit codes: 0 nothing to do, 2 something differs, 1 an error.
    """
    output.is_json |= as_json
    made = planning.plan(server, reading.read(file), prune=prune, name=file)
    if output.is_json:
        output.thing(made.plain)
    else:
        printing.show(made)
    sys.exit(DIFFERS if made.differs else NOTHING)


@click.command()
@file
@prune
@as_json
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--secrets-dir",
    type=click.Path(file_okay=True),
    help="Write secrets there, one file each that only you can read.",
)
@click.option(
    "--manifest",
    type=click.Path(allow_dash=True),
    help="Write a Kubernetes Secret with them to a file, or to standard output (-).",
)
@click.option("--manifest-name", default="tollgate", show_default=True)
@click.option("--manifest-namespace", help="Of the Kubernetes Secret.")
@click.option(
    "--secrets-command",
    default="",
    help="Give each to the standard input of a program; no shell reads the line.",
)
@click.option(
    "--reveal",
    is_flag=True,
    help="Hand out the secrets of tokens that exist too; the audit trail is told.",
)
@asks_server
def apply(server, output, file, prune, as_json, yes, **secrets):
    """Make an organisation as FILE says.

    Shows the plan and asks. Secrets of tokens that are made go where it is said, and
    nowhere else. When it stops, run it again: it goes on from what there is.
    """
    output.is_json |= as_json
    outlets, declared = _outlets(output, secrets), reading.read(file)
    made = planning.plan(server, declared, prune=prune, name=file)
    outlets.check(made.tokens)
    _check_manifest(outlets, made, reveal=secrets["reveal"])
    printing.show(made, err=True) if not output.quiet else None
    if not yes and made.changes:
        _ask()
        again = planning.plan(server, declared, prune=prune, name=file)
        if again.plain != made.plain:
            raise Refused("It has changed since this plan was made: look at a new one.")
        made = again
    _carry_out(server, output, outlets, made, secrets)


def _outlets(output, secrets):
    if secrets["manifest"] == "-" and output.is_json:
        raise click.UsageError("Standard output takes the manifest or JSON, not both.")
    if secrets["reveal"] and not any(
        secrets[name] for name in ("secrets_dir", "manifest", "secrets_command")
    ):
        raise click.UsageError(
            "--reveal needs --secrets-dir, --manifest or --secrets-command."
        )
    try:
        command = shlex.split(secrets["secrets_command"])
    except ValueError as error:
        raise click.UsageError(f"--secrets-command: {error}.") from None
    return Outlets(
        directory=secrets["secrets_dir"], manifest=secrets["manifest"], command=command
    )


def _check_manifest(outlets, plan, *, reveal):
    """Raise a UsageError for a manifest that would take away what an older one has."""
    lacking = [each for each in plan.tokens if each.existing and each.existing["id"]]
    if outlets.manifest and lacking and not reveal:
        raise click.UsageError(
            f"The manifest would lack {len(lacking)} tokens that exist already: "
            "add --reveal."
        )


def stdin_is_terminal():
    return sys.stdin.isatty()


def _ask():
    if not stdin_is_terminal():
        raise click.UsageError("There is nobody to ask: add --yes.")
    if not click.confirm("Apply this?", err=True):
        raise Refused("Nothing was changed.")


def _carry_out(server, output, outlets, plan, secrets):
    outlets.open()
    run = Run(server, outlets)
    carry_out(plan, run, reveal=secrets["reveal"], say=output.say)
    outlets.finish(
        name=secrets["manifest_name"], namespace=secrets["manifest_namespace"]
    )
    output.thing(plan.plain)
    if plan.changes:
        output.say("Applied.")


@click.command()
@click.option("--account", multiple=True, help="Name of an account; all without it.")
@asks_server
def export(server, output, account):
    """Write the file of an organisation that exists.

    A plan of it says that nothing is to be done. It holds no secret.
    """
    click.echo(exporting.export(server, account), nl=False)


@click.command("schema")
def show_schema():
    """Print the JSON schema of the file, for editors and checks."""
    click.echo(schema.text(), nl=False)
