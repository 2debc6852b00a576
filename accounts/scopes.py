"""Scopes of API tokens, each the reading or the writing of one area.

A token's scopes are one text: names with spaces between, in the order of SCOPES. An empty
one is everything, which costs nothing to ask.
"""

from functools import lru_cache

from accounts.rule_violations import RuleViolation

EVERYTHING_SCOPE, READ_SCOPE = "everything", "read"
# What each area is called on pages; queries are of stores that a gateway guards.
SCOPE_AREAS = {
    "accounts": "accounts",
    "users": "users",
    "shipping": "data shipping tokens",
    "shared": "shared tokens and filters",
    "api": "API tokens",
    "audit": "the audit trail",
    "logs": "logs",
    "metrics": "metrics",
    "traces": "traces",
}
QUERY_AREAS = {"logs", "metrics", "traces"}
# Nothing is changed there.
READ_ONLY = {"audit", *QUERY_AREAS}


def _label(area, access):
    if area in QUERY_AREAS:
        return f"Query {SCOPE_AREAS[area]}"
    verb = "Read" if access == "read" else "Read and change"
    return f"{verb} {SCOPE_AREAS[area]}"


SCOPES = (
    READ_SCOPE,
    *(
        f"{area}:{access}"
        for area in SCOPE_AREAS
        for access in ("read", "write")
        if access == "read" or area not in READ_ONLY
    ),
)
# What a token may do with each, on pages.
SCOPE_LABELS = {
    EVERYTHING_SCOPE: "Do everything",
    READ_SCOPE: "Read everything",
    **{each: _label(*each.split(":")) for each in SCOPES if each != READ_SCOPE},
}
# Longer than all of them together.
TEXT_LENGTH = 300


@lru_cache
def covers(scopes, needed):
    """Whether a token's scopes hold one that is needed; writing an area is reading it, too."""
    if not scopes:
        return True
    held = scopes.split()
    if needed in held:
        return True
    area, _, access = needed.partition(":")
    return access == "read" and (READ_SCOPE in held or f"{area}:write" in held)


def is_within(scopes, others):
    """Whether a token with some scopes can do no more than one with others."""
    return all(covers(others, each) for each in scopes.split() or [EVERYTHING_SCOPE])


def as_scopes(names):
    """Return the scopes that some names make, as a token keeps them.

    Raises RuleViolation for a name that is none, and when nothing is left to do.
    """
    wanted = set(names)
    unknown = sorted(wanted - {EVERYTHING_SCOPE, *SCOPES})
    if unknown:
        raise RuleViolation(
            "unknown_scope", f"There is no scope {unknown[0]}.", field="scopes"
        )
    if not wanted:
        raise RuleViolation(
            "scope_required", "Choose at least one scope.", field="scopes"
        )
    if EVERYTHING_SCOPE in wanted:
        return ""
    return " ".join(
        each for each in SCOPES if each in wanted and not _is_implied(each, wanted)
    )


def _is_implied(scope, wanted):
    area, _, access = scope.partition(":")
    return access == "read" and (READ_SCOPE in wanted or f"{area}:write" in wanted)


def names_of(scopes):
    """Return the names of a token's scopes, for programs."""
    return scopes.split() or [EVERYTHING_SCOPE]
