"""What a scope means, spelled out: a log line is a set of (field, value) clauses."""

from itertools import chain, combinations, product


def lets_through(scope, line):
    return any(alternative <= line for alternative in scope)


def all_lines(clauses):
    """Return every log line that can be made of some clauses."""
    clauses = sorted(clauses)
    sizes = range(len(clauses) + 1)
    parts = chain.from_iterable(combinations(clauses, size) for size in sizes)
    return [frozenset(part) for part in parts]


def shown(scope, lines):
    return {line for line in lines if lets_through(scope, line)}


CLAUSES = frozenset(product(("env", "team"), ("a", "b")))
LINES = all_lines(CLAUSES)
