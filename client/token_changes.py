"""Commands that change one token, or print its secret."""

import sys

import click

from client.options import asks_server

# What an API token may be kept to, as the server knows it.
AREAS = ("accounts", "users", "shipping", "shared", "api", "audit")
QUERIES = ("logs", "metrics", "traces")
SCOPES = (
    "everything",
    "read",
    *(f"{area}:read" for area in (*AREAS, *QUERIES)),
    *(f"{area}:write" for area in AREAS if area != "audit"),
)
OVERLAPS = ("now", "1h", "24h", "7d")

CALLS = click.IntRange(1, 1_000_000)
token_id = click.argument("token_id", type=click.IntRange(min=1), metavar="ID")


@click.command("rename")
@token_id
@click.argument("name")
@asks_server
def token_rename(server, output, token_id, name):
    """Give a token another name."""
    token = server.patch(f"/tokens/{token_id}", {"name": name})
    output.thing(token)
    output.say(f"Renamed {named(token)}.")


@click.command("note")
@token_id
@click.argument("text", required=False)
@asks_server
def token_note(server, output, token_id, text):
    """Print what a token is for, or write it down.

    TEXT has up to 500 characters; - reads it from standard input, "" removes it.
    """
    path = f"/tokens/{token_id}"
    if text is None:
        token = server.get(path)
        output.thing(token)
        output.lines(token["note"])
        return
    note = sys.stdin.read() if text == "-" else text
    token = server.patch(path, {"note": note.strip()})
    output.thing(token)
    done = "Wrote" if token["note"] else "Removed"
    output.say(f"{done} the note of {named(token)}.")


@click.command("narrow")
@token_id
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    metavar="SCOPE",
    help="What it may do from now on, once for each: read, or read or write of an area, "
    "such as shipping:write.",
)
@click.option(
    "--account",
    "accounts",
    multiple=True,
    type=int,
    help="An account that it is kept to from now on, once for each.",
)
@asks_server
def token_narrow(server, output, token_id, **asked):
    """Let an API token do less, for good.

    Without options it says what the token may do. It never gets more than it had.
    """
    path, asked = f"/tokens/{token_id}", {k: [*v] for k, v in asked.items() if v}
    token = server.patch(path, asked) if asked else server.get(path)
    output.thing(token)
    output.lines(_may(token))
    output.say(f"{'Narrowed' if asked else 'This is'} {named(token)}.")


def _may(token):
    accounts = token["accounts"]
    kept = "all" if accounts is None else " ".join(map(str, accounts)) or "none"
    scopes = " ".join(token["scopes"] or ()) or "none: it is no API token"
    return f"scopes: {scopes}\naccounts: {kept}"


@click.command("restrict")
@token_id
@click.option(
    "--network",
    "networks",
    multiple=True,
    help="Where it may be used: an address or CIDR.",
)
@click.option("--calls-per-minute", type=CALLS, help="How often it may be used.")
@asks_server
def token_restrict(server, output, token_id, networks, calls_per_minute):
    """Let a token be used from fewer networks or less often, for good.

    Without options it says from where and how often it may be used. Networks that are
    given take the place of those that there are, and lie within them.
    """
    path, body = f"/tokens/{token_id}", {}
    if networks:
        body["networks"] = list(networks)
    if calls_per_minute:
        body["calls_per_minute"] = calls_per_minute
    token = server.patch(path, body) if body else server.get(path)
    output.thing(token)
    if not body:
        output.lines("\n".join(_restrictions(token)))
        return
    output.say(f"Restricted {named(token)}: {', '.join(_restrictions(token))}.")


def _restrictions(token):
    yield from token["networks"] or ["from anywhere"]
    most = token["calls_per_minute"]
    yield f"up to {most:,} a minute" if most else "no limit"


@click.command("rotate")
@token_id
@click.option(
    "--overlap",
    type=click.Choice(OVERLAPS),
    default="24h",
    show_default=True,
    help="For how long the secret until now works on.",
)
@click.option(
    "--unrestricted",
    is_flag=True,
    help="Let networks and limit go with the secret until now, which stops: of the only "
    "token of a metrics or tracing account.",
)
@asks_server
def token_rotate(server, output, token_id, overlap, unrestricted):
    """Give a token a new secret and print it."""
    how = {"overlap": "now", "unrestricted": True} if unrestricted else {}
    token = server.post_once(f"/tokens/{token_id}/rotate", {"overlap": overlap} | how)
    output.secret(token)
    output.say(f"Rotated {named(token)}.")


@click.command("reveal")
@token_id
@asks_server
def token_reveal(server, output, token_id):
    """Print a token's secret; the audit trail is told of it."""
    token = server.post(f"/tokens/{token_id}/reveal")
    output.secret(token)
    output.say(f"This is {named(token)}.")


@click.command("enable")
@token_id
@asks_server
def token_enable(server, output, token_id):
    """Let a token work again."""
    token = server.post(f"/tokens/{token_id}/enable")
    output.thing(token)
    output.say(f"Enabled {named(token)}.")


@click.command("disable")
@token_id
@click.option("--reason", default="", help="For those who wonder why.")
@asks_server
def token_disable(server, output, token_id, reason):
    """Stop a token from the next request on."""
    token = server.post(f"/tokens/{token_id}/disable", {"reason": reason})
    output.thing(token)
    output.say(f"Disabled {named(token)}.")


@click.command("delete")
@token_id
@asks_server
def token_delete(server, output, token_id):
    """Stop a token and put it away; it can be restored for 30 days."""
    server.delete(f"/tokens/{token_id}")
    output.say(f"Deleted token {token_id}.")


@click.command("restore")
@token_id
@asks_server
def token_restore(server, output, token_id):
    """Bring a deleted token back with the same secret."""
    token = server.post_once(f"/tokens/{token_id}/restore")
    output.thing(token)
    output.say(f"Restored {named(token)}; it is {token['state']}.")


def named(token):
    place = f"{token['account_name']} ({token['account_id']})"
    return f"token {token['id']}, {token['name']} ({token['masked']}), in {place}"


COMMANDS = (
    token_delete,
    token_disable,
    token_enable,
    token_narrow,
    token_note,
    token_rename,
    token_restore,
    token_restrict,
    token_reveal,
    token_rotate,
)
