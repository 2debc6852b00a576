"""/v1/log-shipping/tokens/search: recorded requests and their answers."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Action, AuditEvent
from tests.api.calls import invalid
from tests.api.log_tokens import TOKENS, events, wire
from tests.api.moment import NOW, SECONDS
from tests.factories import TokenFactory
from tokens.kinds import Kind

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def lot(main, clock):
    """Four more tokens, made a minute apart: c and a enabled, b disabled, d expired."""
    made = {}
    for name, fields in [
        ("c", {}),
        ("b", {"enabled": False}),
        ("a", {}),
        ("d", {"expires_at": NOW + timedelta(minutes=10)}),
    ]:
        clock.shift(60)
        made[name] = TokenFactory(account=main, kind=Kind.LOGS, name=name, **fields)
    clock.shift(3600)
    return made


def test_search_as_the_go_client_asks(api, lot):
    body = {"filter": {"enabled": "false"}, "sort": None, "pagination": {}}

    assert api.post(f"{TOKENS}/search", body) == (
        200,
        {
            "total": 2,
            "results": [
                wire(
                    lot["b"],
                    enabled=False,
                    createdAt=SECONDS + 120,
                    updatedAt=SECONDS + 120,
                ),
                wire(
                    lot["d"],
                    enabled=False,
                    createdAt=SECONDS + 240,
                    updatedAt=SECONDS + 240,
                ),
            ],
            "pagination": {"pageNumber": 1, "pageSize": 25},
        },
    )
    (event,) = AuditEvent.objects.exclude(actor_token_id=None)
    assert (event.action, event.target) == (
        Action.TOKEN_REVEALED,
        "2 log shipping tokens",
    )
    assert event.data == {"token_ids": [lot["b"].pk, lot["d"].pk]}


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ([], "default c a"),
        ([{"field": "createdAt"}], "default c a"),
        ([{"field": "createdAt", "descending": "true"}], "a c default"),
        ([{"field": "CREATED_AT", "descending": True}], "a c default"),
        ([{"field": "name", "descending": "false"}], "a c default"),
        ([{"field": "NAME", "descending": ""}], "a c default"),
        ([{"field": "name", "descending": True}], "default c a"),
        ([{"field": "name"}, {"field": "createdAt"}], "a c default"),
    ],
)
def test_search_sorts(api, lot, sort, names):
    body = {"filter": {"enabled": True}, "sort": sort}

    _, answer = api.post(f"{TOKENS}/search", body)

    assert " ".join(each["name"] for each in answer["results"]) == names


def test_search_breaks_ties_by_id(main, api):
    made = [TokenFactory(account=main, kind=Kind.LOGS) for _ in range(3)]

    _, answer = api.post(f"{TOKENS}/search", {"filter": {"enabled": True}})

    found = [each["id"] for each in answer["results"]]
    assert found[1:] == [token.pk for token in made]


@pytest.mark.parametrize(
    ("number", "size", "names"),
    [
        (1, 2, ["default", "c"]),
        (2, 2, ["a"]),
        (2.0, "2", ["a"]),
        (3, 2, []),
        (2**31 - 1, 1000, []),
    ],
)
def test_search_pages(api, lot, number, size, names):
    asked = {"pageNumber": number, "pageSize": size}

    status, answer = api.post(
        f"{TOKENS}/search", {"filter": {"enabled": True}, "pagination": asked}
    )

    assert (status, answer["total"]) == (200, 3)
    assert [each["name"] for each in answer["results"]] == names
    assert answer["pagination"] == {"pageNumber": int(number), "pageSize": int(size)}


def test_search_that_finds_nothing_reveals_nothing(api):
    assert api.post(f"{TOKENS}/search", {"filter": {"enabled": False}}) == (
        200,
        {
            "total": 0,
            "results": [],
            "pagination": {"pageNumber": 1, "pageSize": 25},
        },
    )
    assert events() == []


@pytest.mark.parametrize(
    ("body", "name", "problem"),
    [
        ({}, "filter", "must be given"),
        ({"filter": None}, "filter", "must be given"),
        ({"filter": []}, "filter", "must be a JSON object"),
        ({"filter": {}}, "filter.enabled", "must be given"),
        (
            {"filter": {"enabled": ""}},
            "filter.enabled",
            "Input should be a valid boolean",
        ),
        ({"sort": [{}]}, "sort.0.field", "must be given"),
        ({"sort": {}}, "sort", "Input should be a valid list"),
        (
            {"sort": [{"field": "token"}]},
            "sort.0.field",
            "Input should be 'createdAt', 'CREATED_AT', 'name' or 'NAME'",
        ),
        (
            {"sort": [{"field": "name"}] * 11},
            "sort",
            "must not be longer than 10",
        ),
        (
            {"pagination": {"pageNumber": 0}},
            "pagination.pageNumber",
            "Input should be greater than or equal to 1",
        ),
        (
            {"pagination": {"pageSize": 1001}},
            "pagination.pageSize",
            "Input should be less than or equal to 1000",
        ),
        (
            {"pagination": {"pageSize": 2.5}},
            "pagination.pageSize",
            "Input should be a valid integer, got a number with a fractional part",
        ),
        (
            {"pagination": {"pageNumber": 2**31}},
            "pagination.pageNumber",
            "Input should be less than or equal to 2147483647",
        ),
        ({"pagination": {"pageSize": True}}, "pagination.pageSize", "must be a number"),
    ],
)
def test_search_says_what_is_wrong(api, body, name, problem):
    asked = (
        body if "filter" in body or not body else {"filter": {"enabled": True}} | body
    )

    assert api.post(f"{TOKENS}/search", asked) == invalid(
        "/log-shipping/tokens/search", (name, problem)
    )


@pytest.mark.parametrize("count", [1, 3])
def test_search_query_count_does_not_grow(main, api, count, django_assert_num_queries):
    for _ in range(count - 1):
        TokenFactory(account=main, kind=Kind.LOGS)
    api.get(f"{TOKENS}/limits")

    with django_assert_num_queries(7):
        _, answer = api.post(f"{TOKENS}/search", {"filter": {"enabled": True}})

    assert len(answer["results"]) == count


@pytest.mark.sqlite
def test_search_does_not_read_disabled_tokens_to_find_enabled_ones(api, lot):
    asked = []

    def note(execute, sql, params, many, context):
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        api.post(f"{TOKENS}/search", {"filter": {"enabled": True}})
    [(sql, params)] = [each for each in asked if "secrets__envelope" in each[0]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        plan = [row[3] for row in cursor.fetchall()]

    assert "USING INDEX token_enabled " in plan[0]
