"""GET and PUT /api/v1/tokens/{id}/filters: what a shared token shows."""

import pytest

from accounts.models import Action, AuditEvent
from tests.api.v1.problems import NOT_FOUND, problem, refused, stale
from tests.api.v1.shown import narrowing
from tests.factories import BY, FilterFactory, ShareFactory, TokenFactory
from tokens.kinds import Kind


@pytest.fixture
def production(main):
    return FilterFactory(account=main, field="env", value="prod")


@pytest.fixture
def share(main, production):
    return ShareFactory(account=main, name="Board", filters=[production])


@pytest.fixture
def path(share):
    return f"/api/v1/tokens/{share.pk}/filters"


def scope(*filters, **fields):
    return {
        "filters": [narrowing(each) for each in filters],
        "operator": "AND",
        "shows_everything": False,
        "lost_filter": None,
    } | fields


def test_what_a_link_shows(api, path, production):
    response = api.response("GET", path)

    assert response["ETag"] == '"1"'
    assert response.json() == scope(production)


def test_a_link_is_narrowed_and_widened(api, main, share, path, production):
    other = FilterFactory(account=main, field="app")
    asked = {"filters": [other.pk, production.pk], "operator": "OR"}

    response = api.response("PUT", path, asked)

    assert (response.status_code, response["ETag"]) == (200, '"2"')
    assert response.json() == scope(production, other, operator="OR")
    widened = AuditEvent.objects.filter(action=Action.SHARE_WIDENED)
    assert widened.get().token_id == share.pk


def test_everything_is_shown_when_that_is_said(api, path):
    assert api.put(path, {"shows_everything": True}) == (
        200,
        scope(shows_everything=True),
    )
    assert api.put(path, {}) == refused(
        "filters",
        "choose_filters_or_everything",
        "Choose at least one filter, or tick that the link shows everything.",
        status=422,
    )


def test_filters_are_of_the_token_s_account(api, sub, path):
    foreign = FilterFactory(account=sub).pk

    assert api.put(path, {"filters": [foreign]}) == refused(
        "filters",
        "unknown_filter",
        f"Acme has no filter with the id {foreign}.",
        status=422,
    )


def test_who_has_seen_another_version_changes_nothing(api, path, production):
    body = {"filters": [production.pk], "operator": "OR"}
    seen = {"If-Match": '"1"'}

    assert api.put(path, body, **seen)[0] == 200
    assert api.put(path, {"shows_everything": True}, **seen) == stale("Board")


def test_a_link_that_lost_a_filter_shows_nothing_until_somebody_decides(
    api, share, path, production
):
    production.delete_narrowing(by=BY)
    text = (
        "Board lost its filter env: prod. "
        "Edit it and say what it may show before it is resumed."
    )

    assert api.get(path) == (200, scope(lost_filter="env: prod"))
    resume = f"/api/v1/tokens/{share.pk}/enable"
    assert api.post(resume) == problem(409, "filter_lost", text)
    assert api.put(path, {"shows_everything": True})[1] == scope(shows_everything=True)
    assert api.post(resume)[1]["state"] == "active"


def test_other_tokens_show_nothing(api, main):
    for kind in (Kind.API, Kind.LOGS):
        path = f"/api/v1/tokens/{TokenFactory(account=main, kind=kind).pk}/filters"
        assert api.get(path) == NOT_FOUND
        assert api.put(path, {"shows_everything": True}) == NOT_FOUND


def test_what_all_links_of_an_account_show_is_listed(api, main, sub, share, production):
    whole = ShareFactory(account=main, shows_everything=True)
    ShareFactory(account=sub)
    ShareFactory(account=main).token.delete_softly(by=BY)
    both = {"operator": "AND", "lost_filter": None}

    status, body = api.get(f"/api/v1/accounts/{main.pk}/shared-tokens")

    assert (status, body["next"]) == (200, None)
    assert body["items"] == [
        {"token_id": share.pk, "filters": [production.pk], "shows_everything": False}
        | both,
        {"token_id": whole.pk, "filters": [], "shows_everything": True} | both,
    ]


def test_what_links_show_comes_in_pages(api, main):
    ShareFactory.create_batch(3, account=main)
    path = f"/api/v1/accounts/{main.pk}/shared-tokens?limit=2"

    first = api.get(path)[1]
    second = api.get(f"{path}&cursor={first['next']}")[1]

    assert (len(first["items"]), len(second["items"])) == (2, 1)
