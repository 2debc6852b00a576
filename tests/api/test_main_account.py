"""/v1/account-management/time-based-accounts: the main account, listed and changed."""

import pytest

from accounts import lifecycle
from tests.api.calls import FORBIDDEN, Api, coded, invalid
from tests.api.sub_accounts import ACCOUNTS, MAIN, PATH, SUB
from tests.factories import BY, ChildFactory, MainFactory


def test_list_includes_the_main_account_and_leaves_out_what_takes_no_logs(
    main, sub, api
):
    MainFactory()
    lifecycle.delete_account(ChildFactory(main=main), by=BY)
    for kind in ("metrics", "tracing", "security"):
        ChildFactory(main=main, kind=kind)

    assert api.get(ACCOUNTS) == (
        200,
        [{"accountId": main.pk} | MAIN, {"accountId": sub.pk} | SUB],
    )


def test_update_of_the_main_account(main, sub, api):
    address = f"{ACCOUNTS}/{main.pk}"
    asked = {
        "accountName": "Acme Inc.",
        "docSizeSetting": True,
        "sharingObjectsAccounts": [sub.pk],
    }

    assert api.put(address, asked) == (204, None)
    assert api.get(address) == (
        200,
        MAIN
        | {
            "accountId": main.pk,
            "accountName": "Acme Inc.",
            "docSizeSetting": True,
            "sharingObjectsAccounts": [{"accountId": sub.pk, "accountName": "Staging"}],
        },
    )


def test_update_of_the_main_account_with_what_it_was_read_with(main, sub, api):
    address = f"{ACCOUNTS}/{main.pk}"
    _, before = api.get(address)

    assert api.put(address, before) == (204, None)
    assert api.get(address) == (200, before)


@pytest.mark.parametrize(
    "asked", [{"retentionDays": 9}, {"maxDailyGB": 5}, {"reservedDailyGB": 5}]
)
def test_what_the_plan_says_of_the_main_account_stays(main, sub, api, asked):
    ((name, _),) = asked.items()

    assert api.put(f"{ACCOUNTS}/{main.pk}", {"accountName": "Acme"} | asked) == invalid(
        f"{PATH}/{main.pk}", (name, "cannot be changed for the main account")
    )


@pytest.mark.parametrize("flag", ["searchable", "accessible"])
def test_the_main_account_is_not_shut(main, api, flag):
    asked = {"accountName": "Acme", flag: "false"}

    assert api.put(f"{ACCOUNTS}/{main.pk}", asked) == FORBIDDEN


def test_the_reserve_of_a_flexible_main_account_is_changed(db):
    main = MainFactory(is_flexible=True, daily_gb=10, name="Flex")
    api, address = Api.of(main), f"{ACCOUNTS}/{main.pk}"
    asked = {"accountName": "Flex", "reservedDailyGB": 3, "maxDailyGB": 6}

    assert api.put(address, asked) == (204, None)

    _, shown = api.get(address)
    assert (shown["reservedDailyGB"], shown["maxDailyGB"]) == (3.0, 6.0)
    assert api.put(address, asked | {"retentionDays": 9}) == invalid(
        f"{PATH}/{main.pk}", ("retentionDays", "cannot be changed for the main account")
    )


def test_the_main_account_is_not_deleted(main, api):
    assert api.delete(f"{ACCOUNTS}/{main.pk}") == coded(
        "TimeBasedAccount/MAIN_ACCOUNT", "The main account cannot be deleted."
    )
