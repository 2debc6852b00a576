"""What a set of filters lets through, as plain logic.

A scope is a list of alternatives, each a set of (field, value) clauses that must all
hold: AND is one alternative, OR is one per clause, everything is one empty alternative
and no alternative lets nothing through.
"""

from django.db import models


class Operator(models.TextChoices):
    AND = "AND"
    OR = "OR"


EVERYTHING = (frozenset(),)
NOTHING = ()


def scope(clauses, operator):
    """Return the scope of one or more (field, value) clauses; of none: nothing."""
    clauses = frozenset(clauses)
    if not clauses:
        return NOTHING
    if operator == Operator.AND:
        return (clauses,)
    return tuple(frozenset([clause]) for clause in clauses)


def lets_through(scope, document):
    """Whether a document, a mapping of field to value, is inside a scope."""
    return any(
        all(document.get(field) == value for field, value in alternative)
        for alternative in scope
    )


def widens(old, new):
    """Whether the new scope can show a document that the old one hides."""
    return not all(any(before <= after for before in old) for after in new)
