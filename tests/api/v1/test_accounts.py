"""GET /api/v1/accounts, /api/v1/accounts/{id} and /api/v1/whoami."""

import pytest

from accounts.lifecycle import suspend_account
from tests.api.calls import Api
from tests.api.v1.problems import NOT_FOUND
from tests.api.v1.shown import MOMENT
from tests.api.v1.shown import token as shown_token
from tests.factories import BY, ChildFactory, MainFactory

ACCOUNTS = "/api/v1/accounts"


def shown(account, **fields):
    return {
        "id": account.pk,
        "name": account.name,
        "kind": account.kind,
        "state": "active",
        "accessible": True,
        "searchable": True,
        "created_at": MOMENT,
        "version": 1,
    } | fields


@pytest.fixture
def metrics(main):
    return ChildFactory(main=main, kind="metrics", name="Metrics")


def test_main_account_sees_all_accounts_of_its_organisation(api, main, sub, metrics):
    MainFactory(name="Another")

    status, body = api.get(ACCOUNTS)

    assert status == 200
    assert body == {
        "items": [shown(main), shown(metrics), shown(sub)],
        "next": None,
    }


def test_child_sees_itself(sub_api, sub, metrics):
    assert sub_api.get(ACCOUNTS) == (200, {"items": [shown(sub)], "next": None})


def test_accounts_are_found_by_kind_and_by_name(api, main, sub, metrics):
    kinds = api.get(f"{ACCOUNTS}?kind=sub&kind=metrics")[1]["items"]
    named = api.get(f"{ACCOUNTS}?name=tagin")[1]["items"]

    assert [each["id"] for each in kinds] == [metrics.pk, sub.pk]
    assert [each["id"] for each in named] == [sub.pk]


def test_one_account_comes_with_its_version(api, sub):
    suspend_account(sub, by=BY)

    response = api.response("GET", f"{ACCOUNTS}/{sub.pk}")

    assert response["ETag"] == '"2"'
    assert response.json() == shown(sub, state="suspended", version=2)


def test_a_child_that_is_not_accessible_is_still_seen(api, main):
    child = ChildFactory(main=main, accessible=False)

    assert api.get(f"{ACCOUNTS}/{child.pk}") == (200, shown(child, accessible=False))


def test_accounts_of_others_do_not_exist(sub_api, main):
    assert sub_api.get(f"{ACCOUNTS}/{main.pk}") == NOT_FOUND


def test_whoami_tells_the_token_and_its_account(main):
    api = Api.of(main, name="Terraform")

    status, body = api.get("/api/v1/whoami")

    assert status == 200
    assert body["account"] == shown(main)
    assert body["token"] == shown_token(main.tokens.get(name="Terraform"))
