"""PUT …/time-based-accounts/{id}/retention-details: requests and their answers."""

import pytest

from accounts import lifecycle
from accounts.models import Account, AccountKind
from tests.api.calls import coded, invalid
from tests.api.sub_accounts import ACCOUNTS, PATH
from tests.factories import BY, ChildFactory, MainFactory, organisation_of

NOT_ENABLED = "the warm tier is not enabled for the main account"


@pytest.fixture
def main(db):
    main = MainFactory(name="Acme", warm_tier=True)
    lifecycle.edit_account(main, by=BY, snap_search_retention_days=30)
    return main


@pytest.fixture
def put(api):
    def put(account, days):
        return api.put(
            f"{ACCOUNTS}/{account.pk}/retention-details",
            {"snapSearchRetentionDays": days},
        )

    return put


def details(account, days):
    return {
        "accountId": account.pk,
        "retentionDays": 7,
        "snapSearchRetentionDays": days,
        "lastWarmDate": None,
    }


def refused(account, reason):
    return coded(
        "TimeBasedAccount/INVALID_WARM_RETENTION",
        f"Invalid warm retention for account {account.pk}. Reason: {reason}.",
        accountId=account.pk,
    )


def test_answers_for_the_main_account_and_its_subs(main, sub, put):
    ChildFactory(main=main, kind=AccountKind.METRICS)
    second = ChildFactory(main=main, name="Test")

    assert put(sub, 20) == (
        200,
        [details(main, 30), details(sub, 20), details(second, None)],
    )
    assert put(main, 25)[1][0] == details(main, 25)


def test_none_reads_back_as_zero_here_and_as_null_elsewhere(sub, put, api):
    assert put(sub, 0)[1][1] == details(sub, 0)
    assert api.get(f"{ACCOUNTS}/{sub.pk}")[1]["snapSearchRetentionDays"] is None


def test_a_sub_has_at_most_the_main_accounts_days(main, sub, put):
    assert put(sub, 31) == refused(
        sub,
        "a sub account has at most as many days in the warm tier as the main account",
    )
    assert put(sub, 30)[0] == 200
    assert put(main, 29) == refused(
        main,
        "a sub account has 30 days in the warm tier, and none has more than the main "
        "account",
    )


def test_the_main_account_keeps_a_day(main, put):
    assert put(main, 0) == refused(main, "the main account keeps at least 1 day")
    assert put(main, 1)[0] == 200


def test_only_the_operator_switches_the_warm_tier_on(main, sub, put):
    lifecycle.edit_account(main, by=BY, snap_search_retention_days=None)
    assert put(main, 5) == refused(main, NOT_ENABLED)

    lifecycle.edit_account(main, by=BY, snap_search_retention_days=5)
    lifecycle.edit_organisation(organisation_of(main), by=BY, warm_tier=False)
    assert put(sub, 5) == refused(sub, NOT_ENABLED)


def test_the_hot_retention_is_long_enough(main, put):
    short = ChildFactory(main=main, retention_days=3)

    assert put(short, 5) == refused(
        short, "the warm tier needs at least 4 days of hot retention"
    )


def test_an_account_that_is_not_there(main, put, api):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS)

    for account in (metrics, MainFactory()):
        assert put(account, 5) == coded(
            "TimeBasedAccount/ACCOUNT_NOT_FOUND",
            f"account {account.pk} not found",
            status=404,
        )


def test_days_must_be_given(main, api):
    address = f"{ACCOUNTS}/{main.pk}/retention-details"

    assert api.put(address, {}) == invalid(
        f"{PATH}/{main.pk}/retention-details",
        ("snapSearchRetentionDays", "must be given"),
    )


def test_an_update_that_says_nothing_of_them_keeps_the_days(main, sub, put, api):
    put(sub, 20)
    address, asked = f"{ACCOUNTS}/{sub.pk}", {"accountName": "Stage", "maxDailyGB": 1}

    for silent in ({}, {"snapSearchRetentionDays": None}):
        assert api.put(address, asked | silent) == (204, None)
        assert Account.objects.get(pk=sub.pk).snap_search_retention_days == 20
    assert api.put(address, asked | {"snapSearchRetentionDays": 0}) == (204, None)
    assert Account.objects.get(pk=sub.pk).snap_search_retention_days == 0
