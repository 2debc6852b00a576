"""Commands about the policies of an organisation."""

import click

from client.failures import Stale
from client.options import asks_server
from client.output import moment
from client.tokens import KINDS

PATH = "/policies"
COLUMNS = (
    ("KIND", lambda policy: policy["kind"]),
    ("EXPIRY", lambda policy: _expiry(policy)),
    ("NOTE", lambda policy: policy["note_required"]),
    ("FILTERS", lambda policy: policy["filters_required"]),
    ("NETWORKS", lambda policy: policy["networks_required"]),
    ("SCOPES", lambda policy: policy["scopes_required"]),
    ("OVERLAP", lambda policy: _counted(policy["least_overlap_hours"], "h")),
    ("UNUSED", lambda policy: _counted(policy["unused_days"], "d")),
    ("OUTSIDE ENDS", lambda policy: moment(policy["ends_outside_at"])),
)
EFFECTS = (
    ("KIND", lambda effect: effect["kind"]),
    ("RULE", lambda effect: effect["rule"]),
    ("TOKENS", lambda effect: effect["tokens"]),
    ("ACCOUNTS", lambda effect: effect["accounts"]),
    ("UNTIL", lambda effect: moment(effect["until"]) or "stopped by somebody"),
)
NUMBERS = ("longest_days", "least_overlap_hours", "unused_days")


def _expiry(policy):
    if policy["longest_days"]:
        return f"{policy['longest_days']} d at most"
    return "yes" if policy["expiry_required"] else "no"


def _counted(number, unit):
    return number and f"{number} {unit}"


@click.group()
def policies():
    """See and set what the organisation asks of its tokens."""


@policies.command("list")
@asks_server
def policy_list(server, output):
    """List what is asked of each kind of token."""
    output.rows(COLUMNS, server.get(PATH)["items"])


def _flag(name, words):
    return click.option(f"--{name}/--no-{name}", default=None, help=words)


def _number(name, words):
    return click.option(
        f"--{name}", type=click.IntRange(min=0), help=f"{words} 0: any."
    )


@policies.command("set")
@click.argument("kind", type=click.Choice(KINDS))
@_number("longest-days", "How many days ahead an expiry may be.")
@_flag("expiry-required", "Whether an expiry is required.")
@_flag("note-required", "Whether a note is required.")
@_flag("filters-required", "Whether links need a filter.")
@_flag("networks-required", "Whether tokens are kept to networks.")
@_flag("scopes-required", "Whether API tokens are kept to scopes.")
@_number("least-overlap-hours", "How many hours a rotation overlaps at least.")
@_number("unused-days", "After how many days without use a token is disabled.")
@click.option(
    "--ends-outside-at",
    help="When tokens that do not keep to it are disabled, such as"
    " 2027-01-31T00:00:00Z, or never.",
)
@click.option("--preview", is_flag=True, help="Only say what it would affect.")
@asks_server
def policy_set(server, output, kind, preview, **given):
    """Set what is asked of a KIND of token; what is not named stays as it is."""
    found, version = server.versioned(PATH)
    known = found["items"]
    items = [each | _changed(given) if each["kind"] == kind else each for each in known]
    if preview:
        found = server.post(f"{PATH}/preview", {"items": items})
        output.rows(EFFECTS, _effects(found, kind))
        return
    output.rows(COLUMNS, _set(server, items, version)["items"])
    output.say(f"Set the policy for {kind} tokens.")


def _set(server, items, version):
    """Set the policies unless somebody else has set some since they were read."""
    try:
        found, _ = server.change("PUT", PATH, {"items": items}, version=version)
    except Stale:
        raise Stale(
            "Somebody else changed the policies at the same moment, and nothing was set. "
            "See what they did with policies list, and run it again."
        ) from None
    return found


def _changed(given):
    """Return the fields that were given, as the API has them."""
    fields = {name: value for name, value in given.items() if value is not None}
    fields |= {name: fields[name] or None for name in NUMBERS if name in fields}
    if fields.get("ends_outside_at") == "never":
        fields["ends_outside_at"] = None
    return fields


def _effects(found, kind):
    return [
        effect | {"kind": each["kind"]}
        for each in found["items"]
        if each["kind"] == kind
        for effect in each["effects"]
    ]
