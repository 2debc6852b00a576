"""Sets of filters as plain logic: which lines they let through.

A log line is a set of (field, value) clauses; a field may have several values. A scope
is a tuple of alternatives, each a set of clauses, and lets a line through that holds
all of one alternative: AND is one alternative, OR is one per clause, everything is one
empty alternative, and no alternative lets nothing through.
"""

from django.db import models


class Operator(models.TextChoices):
    AND = "AND"
    OR = "OR"


EVERYTHING = (frozenset(),)
NOTHING = ()
# Why a token that works by itself is refused with such a scope.
SHOWS_NOTHING = "shows_nothing"


def scope(clauses, operator):
    """Return the scope of some (field, value) clauses; of none: nothing."""
    clauses = frozenset(clauses)
    if not clauses:
        return NOTHING
    if operator == Operator.AND:
        return (clauses,)
    # In one order, so that what is written for a scope is found again.
    return tuple(frozenset([clause]) for clause in sorted(clauses))


def widens(old, new):
    """Whether the new scope lets a line through that the old one holds back."""
    return not all(any(before <= after for before in old) for after in new)
