"""/api/v1/accounts/{id}/views and /api/v1/accounts/{id}/views/{view_id}."""

import pytest

from sharing.models import SharedView
from tests.api.v1.problems import NOT_FOUND, problem, refused, stale
from tests.api.v1.shown import MOMENT
from tests.factories import ChildFactory, SharedViewFactory

GRAFANA = "https://grafana.example.com/d"


@pytest.fixture
def path(main):
    return f"/api/v1/accounts/{main.pk}/views"


@pytest.fixture
def views(main):
    return [SharedViewFactory(account=main, title=title) for title in "ABC"]


def shown(row, **fields):
    return {
        "id": row.pk,
        "account_id": row.account_id,
        "title": row.title,
        "address": row.address,
        "created_at": MOMENT,
        "created_by": "factory@example.com",
        "version": 1,
    } | fields


def titles(api, path):
    return "".join(each["title"] for each in api.get(path)[1]["items"])


def test_views_are_listed_in_their_order(api, sub, path, views):
    SharedViewFactory(account=sub)

    assert api.get(path) == (
        200,
        {"items": [shown(each) for each in views], "next": None},
    )
    assert api.get(f"{path}/{views[1].pk}") == (200, shown(views[1]))


def test_view_is_added_below_the_others_once(api, path, views):
    asked = {"title": " Payments ", "address": f"{GRAFANA}/payments?from=now-1h"}
    key = {"Idempotency-Key": "payments"}

    first = api.response("POST", path, asked, **key)
    again = api.response("POST", path, asked, **key)

    made = SharedView.objects.get(title="Payments")
    assert (first.status_code, first["ETag"]) == (201, '"1"')
    assert first.json() == again.json() == shown(made)
    assert (made.address, made.position) == (asked["address"], 3)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "a"}, "address"),
        ({"title": " ", "address": GRAFANA}, "title"),
        ({"title": "a\tb", "address": GRAFANA}, "title"),
        ({"title": "x" * 101, "address": GRAFANA}, "title"),
        ({"title": "a", "address": "javascript:alert(1)"}, "address"),
        ({"title": "a", "address": f"{GRAFANA}/a b"}, "address"),
        ({"title": "a", "address": "https://ada:pw@grafana.example.com"}, "address"),
        ({"title": "a", "address": GRAFANA, "position": 1}, "position"),
    ],
)
def test_views_are_addresses_with_a_title(api, path, body, field):
    status, answer = api.post(path, body)

    assert (status, [each["field"] for each in answer["errors"]]) == (422, [field])


def test_an_address_with_a_token_in_it_is_refused(api, path, main):
    secret = "tgs_" + "a" * 49
    status, answer = api.post(path, {"title": "a", "address": f"{GRAFANA}?t={secret}"})

    assert (status, answer["code"]) == (422, "unusable_address")
    assert secret not in str(answer)


def test_accounts_without_logs_have_no_views(api, main):
    child = ChildFactory(main=main, kind="metrics")
    path = f"/api/v1/accounts/{child.pk}/views"
    text = "A Metrics account has no links to open views."

    assert api.get(path) == (200, {"items": [], "next": None})
    assert api.post(path, {"title": "a", "address": GRAFANA}) == problem(
        409, "account_type_has_no_views", text
    )


def test_view_is_changed(api, path, views):
    place = f"{path}/{views[0].pk}"
    response = api.response("PATCH", place, {"address": f"{GRAFANA}/new"})

    assert (response.status_code, response["ETag"]) == (200, '"2"')
    assert response.json() == shown(views[0], address=f"{GRAFANA}/new", version=2)
    text = "An address has no spaces and no backslashes."
    assert api.patch(place, {"address": "https://a b"}) == refused(
        "address", "unusable_address", text, status=422
    )
    assert api.patch(place, {})[0] == 200


@pytest.mark.parametrize(("position", "order"), [(1, "CAB"), (2, "ACB"), (50, "ABC")])
def test_view_is_moved(api, path, views, position, order):
    status, _ = api.patch(f"{path}/{views[2].pk}", {"position": position})

    assert (status, titles(api, path)) == (200, order)


def test_views_are_changed_by_who_has_seen_them(api, path, views):
    place, seen = f"{path}/{views[0].pk}", {"If-Match": '"1"'}

    assert api.patch(place, {"title": "New"}, **seen)[0] == 200
    assert api.patch(place, {"title": "Newer"}, **seen) == stale("New")
    assert api.delete(place, **seen) == stale("New")
    assert api.delete(place, **{"If-Match": '"2"'}) == (204, None)
    assert api.get(place) == NOT_FOUND


def test_views_of_another_account_are_not_there(api, path, sub):
    foreign = SharedViewFactory(account=sub)

    for method in ("GET", "DELETE"):
        assert api.call(method, f"{path}/{foreign.pk}") == NOT_FOUND
