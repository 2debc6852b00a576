"""/api/v1/accounts/{id}/filters and /api/v1/accounts/{id}/filters/{filter_id}."""

import pytest

from sharing.models import Filter
from tests.api.v1.problems import NOT_FOUND, problem, stale
from tests.api.v1.shown import narrowing as shown
from tests.factories import ChildFactory, FilterFactory, ShareFactory


@pytest.fixture
def path(main):
    return f"/api/v1/accounts/{main.pk}/filters"


@pytest.fixture
def production(main):
    return FilterFactory(account=main, field="env", value="prod")


def with_uses(row, used_by=(), would_pause=(), **fields):
    uses = {"used_by": list(used_by), "would_pause": list(would_pause)}
    return shown(row, **fields) | uses


def test_filters_are_listed_by_field(api, main, path, production):
    application = FilterFactory(account=main, field="app", value="shop")
    FilterFactory(account=ChildFactory(main=main))

    status, body = api.get(path)

    assert (status, body) == (
        200,
        {"items": [shown(application), shown(production)], "next": None},
    )


def test_filters_come_in_pages(api, main, path):
    FilterFactory.create_batch(3, account=main)

    first = api.get(f"{path}?limit=2")[1]
    second = api.get(f"{path}?limit=2&cursor={first['next']}")[1]

    assert (len(first["items"]), len(second["items"])) == (2, 1)


def test_filter_is_made(api, main, path):
    asked = {"field": "team name", "value": "Zürich / näh", "description": "Ours"}

    response = api.response("POST", path, asked)

    made = Filter.objects.get(field="team name")
    assert (response.status_code, response["ETag"]) == (201, '"1"')
    assert response.json() == shown(made, created_by="factory@example.com")
    assert (made.value, made.description) == ("Zürich / näh", "Ours")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"field": "env"}, "value"),
        ({"field": "env", "value": ""}, "value"),
        ({"field": "env", "value": "a\tb"}, "value"),
        ({"field": "x" * 513, "value": "a"}, "field"),
        ({"field": "env", "value": "a", "description": "x" * 201}, "description"),
        ({"field": "env", "value": 5}, "value"),
        ({"field": "env", "value": "a", "operator": "OR"}, "operator"),
    ],
)
def test_filters_are_one_line_of_text(api, path, body, field):
    status, answer = api.post(path, body)

    assert (status, [each["field"] for each in answer["errors"]]) == (422, [field])


def test_accounts_without_logs_have_no_filters(api, main):
    child = ChildFactory(main=main, kind="metrics")
    path = f"/api/v1/accounts/{child.pk}/filters"
    text = "A Metrics account has no shared tokens to filter."

    assert api.get(path) == (200, {"items": [], "next": None})
    assert api.post(path, {"field": "a", "value": "b"}) == problem(
        409, "account_type_has_no_filters", text
    )


def test_one_filter_tells_whom_it_holds_back(api, main, path, production):
    other = FilterFactory(account=main, field="app")
    narrowed = ShareFactory(account=main, filters=[production])
    either = ShareFactory(account=main, filters=[production, other], operator="OR")
    response = api.response("GET", f"{path}/{production.pk}")

    assert response["ETag"] == '"1"'
    uses = [narrowed.pk, either.pk], [narrowed.pk]
    assert response.json() == with_uses(production, *uses)


def test_filter_is_changed(api, path, production):
    response = api.response("PATCH", f"{path}/{production.pk}", {"value": "test"})

    production.refresh_from_db()
    assert (production.field, production.value) == ("env", "test")
    assert (response.status_code, response["ETag"]) == (200, '"2"')
    assert response.json() == with_uses(production, version=2)


def test_a_change_that_says_nothing_changes_nothing(api, path, production):
    answer = 200, with_uses(production)

    assert api.patch(f"{path}/{production.pk}", {}) == answer
    assert api.patch(f"{path}/{production.pk}", {"value": "prod"}) == answer


def test_filters_are_changed_by_who_has_seen_them(api, path, production):
    place, seen = f"{path}/{production.pk}", {"If-Match": '"1"'}

    assert api.patch(place, {"value": "test"}, **seen)[0] == 200
    assert api.patch(place, {"value": "new"}, **seen) == stale("env: test")
    assert api.delete(place, **seen) == stale("env: test")
    assert api.delete(place, **{"If-Match": '"2"'}) == (204, None)


def test_deleting_a_filter_pauses_what_would_show_more(api, main, path, production):
    share = ShareFactory(account=main, filters=[production])

    assert api.delete(f"{path}/{production.pk}") == (204, None)
    status, body = api.get(f"/api/v1/tokens/{share.pk}")

    assert (status, body["state"]) == (200, "paused")
    assert body["disabled_reason"] == "Its filter env: prod was deleted"
    assert api.get(f"{path}/{production.pk}") == NOT_FOUND


def test_filters_of_another_account_are_not_there(api, path, main, sub):
    foreign = FilterFactory(account=sub)

    for method in ("GET", "DELETE"):
        assert api.call(method, f"{path}/{foreign.pk}") == NOT_FOUND
    assert api.get(f"/api/v1/accounts/{sub.pk}/filters/{foreign.pk}")[0] == 200
