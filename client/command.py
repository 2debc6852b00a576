"""The `tollgate` command."""

import signal
import sys

import click

from client.accounts import accounts, verify, whoami
from client.declaring.commands import apply, export, plan, show_schema
from client.filters import filters
from client.policies import policies
from client.tokens import tokens

EPILOG = """\b
Exit codes:
  0  done; for verify: the token works
  1  refused by a rule; for verify: the token does not work
  2  wrong usage; for plan: something differs
  3  the API token is missing, unknown or may not do this
  4  not found
  5  the server cannot be reached, or cannot answer now
"""


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tollgate")
def tollgate():
    """Manage the tokens of a Tollgate server.

    The API token that calls comes from TOLLGATE_TOKEN or from standard input, the
    server from TOLLGATE_URL or --url. No secret is ever an argument.
    """


tollgate.add_command(accounts)
tollgate.add_command(apply)
tollgate.add_command(export)
tollgate.add_command(filters)
tollgate.add_command(plan)
tollgate.add_command(policies)
tollgate.add_command(show_schema)
tollgate.add_command(tokens)
tollgate.add_command(verify)
tollgate.add_command(whoami)


def main():
    # As other tools do: an interrupted command says so by its end, not by code 1.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    tollgate()
