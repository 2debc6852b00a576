import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.scope import EVERYTHING, NOTHING, Operator, scope, widens
from tests.sharing.lines import CLAUSES, LINES, lets_through, shown

A, B = ("env", "a"), ("team", "b")
operators = st.sampled_from(list(Operator))
clauses = st.frozensets(st.sampled_from(sorted(CLAUSES)))
scopes = st.builds(scope, clauses, operators) | st.just(EVERYTHING)


@pytest.mark.parametrize(
    ("operator", "given_clauses", "lines"),
    [
        (Operator.AND, [], set()),
        (Operator.OR, [], set()),
        (Operator.AND, [A], {(A,), (A, B)}),
        (Operator.OR, [A], {(A,), (A, B)}),
        (Operator.AND, [A, B], {(A, B)}),
        (Operator.OR, [A, B], {(A,), (B,), (A, B)}),
    ],
)
def test_scope_shows_what_its_operator_says(operator, given_clauses, lines):
    possible = [(), (A,), (B,), (A, B)]

    made = scope(given_clauses, operator)

    assert {line for line in possible if lets_through(made, set(line))} == lines


def test_everything_shows_every_line_and_nothing_none():
    assert shown(EVERYTHING, LINES) == set(LINES)
    assert shown(NOTHING, LINES) == set()


@given(clauses, operators)
def test_scope_equals_its_filters_asked_one_by_one(given_clauses, operator):
    combine = all if operator == Operator.AND else any

    expected = {
        line
        for line in LINES
        if given_clauses and combine(clause in line for clause in given_clauses)
    }

    assert shown(scope(given_clauses, operator), LINES) == expected


@given(scopes, scopes)
def test_widens_exactly_when_some_line_is_shown_that_was_not(old, new):
    assert widens(old, new) == (not shown(new, LINES) <= shown(old, LINES))
