"""The rules that a policy can have, and for which kinds."""

from dataclasses import dataclass

from tokens.kinds import Kind

# A metrics or tracing account has its one token from the start and for good: it has no
# expiry, nobody types a note before it is there, and it is never disabled.
TABLE = """\
#                    api  logs  metrics  traces  shared
longest_days         y    y     -        -       y
expiry_required      y    y     -        -       y
note_required        y    y     -        -       y
filters_required     -    -     -        -       y
networks_required    y    y     y        y       y
scopes_required      y    -     -        -       -
least_overlap_hours  y    y     y        y       y
unused_days          y    y     -        -       y
ends_outside_at      y    y     -        -       y
"""
POLICY_KINDS = (Kind.API, Kind.LOGS, Kind.METRICS, Kind.TRACES, Kind.SHARED)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by the name of its column; numbers lie between `least` and `most`."""

    name: str
    kinds: tuple
    least: int | None = None
    most: int | None = None


# Ends are announced 14 days ahead, so that what is unused for less is never disabled.
RULE_BOUNDS = {
    "longest_days": (1, 3660),
    "least_overlap_hours": (1, 168),
    "unused_days": (15, 3660),
}


def _read(table):
    rows = [line.split() for line in table.splitlines() if not line.startswith("#")]
    return {
        name: Rule(name, _kinds(answers), *RULE_BOUNDS.get(name, ()))
        for name, *answers in rows
    }


def _kinds(answers):
    return tuple(
        kind
        for kind, answer in zip(POLICY_KINDS, answers, strict=True)
        if answer == "y"
    )


POLICY_RULES = _read(TABLE)


def of_kind(kind):
    """Return the names of the rules that make sense for a kind of token."""
    return tuple(rule.name for rule in POLICY_RULES.values() if kind in rule.kinds)
