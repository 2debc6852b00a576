"""Whose token is it, and which accounts are near: recorded requests and answers."""

import pytest

from accounts.lifecycle import delete_account
from tests.api.calls import Api
from tests.factories import BY, ChildFactory, MainFactory

ASSOCIATED = "/v1/associated-accounts"


def test_whoami(main, sub, api, sub_api):
    assert api.get("/v2/whoami") == (
        200,
        {"accountName": "Acme", "accountId": main.pk},
    )
    assert sub_api.get("/v2/whoami") == (
        200,
        {"accountName": "Staging", "accountId": sub.pk},
    )


def test_whoami_before_2021(api):
    assert api.get("/v1/account-management/whoami") == (200, {"accountName": "Acme"})


@pytest.mark.parametrize("count", [1, 3])
def test_whoami_takes_one_query_among_any_number_of_tokens(
    main, count, django_assert_num_queries
):
    api = [Api.of(main) for _ in range(count)][-1]

    with django_assert_num_queries(1):
        assert api.get("/v2/whoami")[0] == 200


def test_associated_accounts_of_the_main_account(main, api):
    MainFactory()
    gone = ChildFactory(main=main, name="Gone")
    delete_account(gone, by=BY)
    made = {
        kind: ChildFactory(main=main, kind=kind, name=kind).pk
        for kind in ("tracing", "sub", "security", "metrics")
    }
    shut = ChildFactory(main=main, name="shut", accessible=False, searchable=False)

    assert api.get(ASSOCIATED) == (
        200,
        [
            {"accountId": main.pk, "accountName": "Acme", "type": "OWNER_ACCOUNT"},
            {
                "accountId": made["metrics"],
                "accountName": "metrics",
                "type": "METRICS_ACCOUNT",
            },
            {
                "accountId": made["security"],
                "accountName": "security",
                "type": "SECURITY_ACCOUNT",
            },
            {"accountId": shut.pk, "accountName": "shut", "type": "SUB_ACCOUNT"},
            {"accountId": made["sub"], "accountName": "sub", "type": "SUB_ACCOUNT"},
            {
                "accountId": made["tracing"],
                "accountName": "tracing",
                "type": "TRACING_ACCOUNT",
            },
        ],
    )


def test_associated_accounts_of_a_child_are_itself(main, sub, sub_api):
    ChildFactory(main=main)

    assert sub_api.get(ASSOCIATED) == (
        200,
        [{"accountId": sub.pk, "accountName": "Staging", "type": "SUB_ACCOUNT"}],
    )


@pytest.mark.parametrize("count", [1, 3])
def test_associated_accounts_query_count_does_not_grow(
    main, api, count, django_assert_num_queries
):
    ChildFactory.create_batch(count, main=main)

    with django_assert_num_queries(2):
        _, answer = api.get(ASSOCIATED)

    assert len(answer) == count + 1
