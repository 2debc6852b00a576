"""Commands about accounts, and about what a token is."""

import click

from client.failures import Refused
from client.options import asks_server, read_secret
from client.output import moment

KINDS = ("main", "sub", "metrics", "tracing", "security")
ACCOUNT_COLUMNS = (
    ("ID", lambda account: account["id"]),
    ("NAME", lambda account: account["name"]),
    ("KIND", lambda account: account["kind"]),
    ("STATE", lambda account: account["state"]),
    ("ACCESSIBLE", lambda account: account["accessible"]),
    ("SEARCHABLE", lambda account: account["searchable"]),
)
OWN_COLUMNS = (
    ("TOKEN", lambda me: me["token"]["masked"]),
    ("NAME", lambda me: me["token"]["name"]),
    ("ACCOUNT", lambda me: me["account"]["name"]),
    ("ACCOUNT ID", lambda me: me["account"]["id"]),
    ("KIND", lambda me: me["account"]["kind"]),
    ("EXPIRES", lambda me: moment(me["token"]["expires_at"])),
)
REASONS = {
    "token_deleted": "it was deleted",
    "token_disabled": "it is disabled",
    "token_paused": "it is paused",
    "token_expired": "it has expired",
    "secret_replaced": "it was rotated, and this is the secret before",
    "account_suspended": "its account is suspended",
    "account_deleted": "its account was deleted",
    "plan_has_no_api_tokens": "the plan has no API tokens",
    "unknown": "it is unknown, or none of this account's",
}


@click.group()
def accounts():
    """See which accounts there are."""


@accounts.command("list")
@click.option("--kind", multiple=True, type=click.Choice(KINDS), help="Only such.")
@click.option("--name", help="Only those with this in their name.")
@asks_server
def account_list(server, output, kind, name):
    """List the accounts that the API token reaches."""
    found = server.items("/accounts", kind=kind, name=name)
    output.rows(ACCOUNT_COLUMNS, found, spare=("SEARCHABLE", "ACCESSIBLE"))


@click.command()
@asks_server
def whoami(server, output):
    """Show the calling API token and its account."""
    me = server.get("/whoami")
    if output.is_json:
        output.thing(me)
    else:
        output.rows(OWN_COLUMNS, [me], spare=("EXPIRES", "KIND"))


@click.command()
@asks_server
def verify(server, output):
    """Tell whether a token works.

    The token comes from standard input; with --token-stdin it is the second line.
    """
    verdict = server.post("/verify", {"token": read_secret("Token to verify")})
    output.thing(verdict)
    if not verdict["works"]:
        reason = REASONS.get(verdict["reason"], verdict["reason"])
        raise Refused(f"{_named(verdict['token'])} does not work: {reason}.")
    uses = ", ".join(verdict["opens"]).replace("_", " ")
    output.say(f"{_named(verdict['token'])} works: {uses}.")


def _named(token):
    return f"{token['name']} ({token['masked']})" if token else "The token"
