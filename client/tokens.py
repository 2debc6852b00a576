"""Commands about tokens."""

import sys
from datetime import UTC, datetime, timedelta

import click

from client.failures import Refused
from client.options import asks_server
from client.output import moment

KINDS = ("api", "logs", "metrics", "traces", "shared")
STATES = (
    "active",
    "rotating",
    "disabled",
    "paused",
    "expired",
    "suspended",
    "stopped_by_plan",
)
# What an API token may be kept to, as the server knows it.
AREAS = ("accounts", "users", "shipping", "shared", "api", "audit")
QUERIES = ("logs", "metrics", "traces")
SCOPES = (
    "everything",
    "read",
    *(f"{area}:read" for area in (*AREAS, *QUERIES)),
    *(f"{area}:write" for area in AREAS if area != "audit"),
)
SORTS = ("created_at", "name", "last_used_at", "expires_at")
OVERLAPS = ("now", "1h", "24h", "7d")
MOST_DAYS = 365
# Kinds that the API makes no tokens of, and where they come from.
MADE_ELSEWHERE = {
    "api": "API tokens are made by people, so that no token makes another of its kind. "
    "Add one in the portal, under Manage tokens, API tokens. For a child account a main "
    "account's API token can: with POST /v1/api-tokens/sub-account.",
    "metrics": "A metrics account has its one token from the start: find it with "
    "tokens list --kind=metrics, and print it with tokens reveal.",
    "traces": "A tracing account has its one token from the start: find it with "
    "tokens list --kind=traces, and print it with tokens reveal.",
}
COLUMNS = (
    ("ID", lambda token: token["id"]),
    ("ACCOUNT", lambda token: token["account_name"]),
    ("KIND", lambda token: token["kind"]),
    ("NAME", lambda token: token["name"]),
    ("TOKEN", lambda token: token["masked"]),
    ("STATE", lambda token: token["state"]),
    ("LAST USED", lambda token: moment(token["last_used_at"])),
    ("EXPIRES", lambda token: moment(token["expires_at"])),
)

SPARE = ("TOKEN", "EXPIRES", "LAST USED", "ACCOUNT")
USAGE_COLUMNS = (
    ("DAY", lambda part: part["start"][:10]),
    ("CALLS", lambda part: f"{part['calls']:,}"),
)

CALLS = click.IntRange(1, 1_000_000)
token_id = click.argument("token_id", type=click.IntRange(min=1), metavar="ID")


@click.group()
def tokens():
    """See and change tokens."""


@tokens.command("list")
@click.option("--account", multiple=True, type=int, help="Only of this account.")
@click.option("--kind", multiple=True, type=click.Choice(KINDS), help="Only such.")
@click.option("--state", multiple=True, type=click.Choice(STATES), help="Only such.")
@click.option(
    "--scope",
    multiple=True,
    type=click.Choice(SCOPES),
    metavar="SCOPE",
    help="Only API tokens that hold it, such as users:write.",
)
@click.option("--name", help="Only those with this in their name.")
@click.option("--text", help="Only those with this in their name or note.")
@click.option(
    "--restricted/--unrestricted",
    default=None,
    help="Only those with networks or a limit, or without.",
)
@click.option("--deleted", is_flag=True, help="Those deleted in the last 30 days.")
@click.option(
    "--sort",
    type=click.Choice([*SORTS, *(f"-{name}" for name in SORTS)]),
    default="-created_at",
    show_default=True,
)
@asks_server
def token_list(server, output, deleted, restricted, **query):
    """List tokens, without their secrets; times are UTC."""
    if deleted:
        query["deleted"] = "true"
    if restricted is not None:
        query["restricted"] = str(restricted).lower()
    output.rows(COLUMNS, server.items("/tokens", **query), spare=SPARE)


def _makeable(context, parameter, kind):
    if kind in MADE_ELSEWHERE:
        raise Refused(MADE_ELSEWHERE[kind])
    return kind


def _expiry(context, parameter, text):
    """Return a body's part about the expiry: nothing, a time or never."""
    if text is None:
        return {}
    if text == "never":
        return {"expires_at": None}
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("must be never or like 2026-01-31T12:00") from None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return {"expires_at": zoned.isoformat()}


@tokens.command("create")
@click.option("--account", required=True, type=int, help="Id of the account.")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default="logs",
    show_default=True,
    callback=_makeable,
    help="logs or shared; of other kinds it says where they come from.",
)
@click.option("--name", required=True)
@click.option("--note", help="What it is for.")
@click.option(
    "--expires",
    callback=_expiry,
    help="A day or a time, in UTC unless it has a zone, or never."
    " A shared token is for 7 days unless told otherwise.",
)
@click.option("--disabled", is_flag=True, help="Do not let it work yet.")
@click.option(
    "--network",
    "networks",
    multiple=True,
    help="Where it may be used: an address or CIDR.",
)
@click.option("--calls-per-minute", type=CALLS, help="How often it may be used.")
@click.option("--filter", "filters", multiple=True, type=int, help="Id of a filter.")
@click.option("--operator", type=click.Choice(["AND", "OR"]), help="Of many filters.")
@click.option("--everything", is_flag=True, help="Let a shared token show all logs.")
@asks_server
def token_create(server, output, account, expires, disabled, **fields):
    """Make a token and print its secret."""
    fields["shows_everything"] = fields.pop("everything")
    body = {name: value for name, value in fields.items() if value} | expires
    if disabled:
        body["enabled"] = False
    token = server.post_once(f"/accounts/{account}/tokens", body)
    output.secret(token)
    output.say(f"Created {_named(token)}.")


@tokens.command("rename")
@token_id
@click.argument("name")
@asks_server
def token_rename(server, output, token_id, name):
    """Give a token another name."""
    token = server.patch(f"/tokens/{token_id}", {"name": name})
    output.thing(token)
    output.say(f"Renamed {_named(token)}.")


@tokens.command("note")
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
    output.say(f"{done} the note of {_named(token)}.")


@tokens.command("narrow")
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
    output.say(f"{'Narrowed' if asked else 'This is'} {_named(token)}.")


def _may(token):
    accounts = token["accounts"]
    kept = "all" if accounts is None else " ".join(map(str, accounts)) or "none"
    scopes = " ".join(token["scopes"] or ()) or "none: it is no API token"
    return f"scopes: {scopes}\naccounts: {kept}"


@tokens.command("restrict")
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
    output.say(f"Restricted {_named(token)}: {', '.join(_restrictions(token))}.")


def _restrictions(token):
    yield from token["networks"] or ["from anywhere"]
    most = token["calls_per_minute"]
    yield f"up to {most:,} a minute" if most else "no limit"


@tokens.command("usage")
@token_id
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=7,
    show_default=True,
    help="How far to look back.",
)
@asks_server
def token_usage(server, output, token_id, days):
    """Show on which days a token was used, and how often; days are UTC."""
    since = datetime.now(UTC) - timedelta(days=days)
    usage = server.get(
        f"/tokens/{token_id}/usage",
        unit="day",
        since=since.isoformat(timespec="seconds"),
    )
    if output.is_json:
        output.thing(usage)
        return
    output.rows(USAGE_COLUMNS, usage["series"])
    output.say(f"{usage['day']:,} calls in 24 hours, {usage['week']:,} in 7 days.")


@tokens.command("rotate")
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
    output.say(f"Rotated {_named(token)}.")


@tokens.command("reveal")
@token_id
@asks_server
def token_reveal(server, output, token_id):
    """Print a token's secret; the audit trail is told of it."""
    token = server.post(f"/tokens/{token_id}/reveal")
    output.secret(token)
    output.say(f"This is {_named(token)}.")


@tokens.command("enable")
@token_id
@asks_server
def token_enable(server, output, token_id):
    """Let a token work again."""
    token = server.post(f"/tokens/{token_id}/enable")
    output.thing(token)
    output.say(f"Enabled {_named(token)}.")


@tokens.command("disable")
@token_id
@click.option("--reason", default="", help="For those who wonder why.")
@asks_server
def token_disable(server, output, token_id, reason):
    """Stop a token from the next request on."""
    token = server.post(f"/tokens/{token_id}/disable", {"reason": reason})
    output.thing(token)
    output.say(f"Disabled {_named(token)}.")


@tokens.command("delete")
@token_id
@asks_server
def token_delete(server, output, token_id):
    """Stop a token and put it away; it can be restored for 30 days."""
    server.delete(f"/tokens/{token_id}")
    output.say(f"Deleted token {token_id}.")


@tokens.command("restore")
@token_id
@asks_server
def token_restore(server, output, token_id):
    """Bring a deleted token back with the same secret."""
    token = server.post_once(f"/tokens/{token_id}/restore")
    output.thing(token)
    output.say(f"Restored {_named(token)}; it is {token['state']}.")


def _named(token):
    place = f"{token['account_name']} ({token['account_id']})"
    return f"token {token['id']}, {token['name']} ({token['masked']}), in {place}"
