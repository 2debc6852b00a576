"""Commands about tokens: to find, make and watch them; changes are in token_changes."""

from datetime import UTC, datetime, timedelta

import click

from client.failures import Refused
from client.options import asks_server
from client.output import moment
from client.token_changes import CALLS, COMMANDS, SCOPES, named, token_id

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
SORTS = ("created_at", "name", "last_used_at", "expires_at")
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
    help="Only those kept to networks, scopes or accounts, or with a limit; or the others.",
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
    output.say(f"Created {named(token)}.")


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


for each in COMMANDS:
    tokens.add_command(each)
