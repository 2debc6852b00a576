"""PUT /v1/account-management/time-based-accounts/{id}: what it changes, and what not."""

import pytest

from accounts import lifecycle
from accounts.models import Action, AuditEvent
from tests.api.calls import Api, invalid
from tests.api.sub_accounts import ACCOUNTS, PATH, SUB, illegal, not_found
from tests.factories import BY, ChildFactory, MainFactory, organisation_of

# What the Go client sends for a resource with these settings.
SENT = {
    "email": "admin@acme.example",
    "accountName": "Staging",
    "isFlexible": "false",
    "maxDailyGB": 2.5,
    "retentionDays": 5,
    "searchable": "true",
    "accessible": "false",
    "sharingObjectsAccounts": [],
    "docSizeSetting": "true",
    "utilizationSettings": {"frequencyMinutes": 10, "utilizationEnabled": "true"},
}
KEPT = {
    "max_daily_gb": 2.5,
    "retention_days": 5,
    "searchable": False,
    "doc_size_setting": True,
    "utilization_enabled": True,
    "utilization_frequency_minutes": 10,
}


@pytest.fixture
def change(sub, api):
    """Change the sub account and return how it looks then."""

    def change(body):
        assert api.put(f"{ACCOUNTS}/{sub.pk}", body) == (204, None)
        status, shown = api.get(f"{ACCOUNTS}/{sub.pk}")
        assert (status, shown.pop("accountId")) == (200, sub.pk)
        return shown

    return change


def test_update_replaces_everything_and_echoes_it(main, change):
    other = ChildFactory(main=main, name="Other")
    shared = {"sharingObjectsAccounts": [other.pk, main.pk]}

    assert change(SENT | shared) == SUB | {
        "maxDailyGB": 2.5,
        "retentionDays": 5,
        "accessible": False,
        "docSizeSetting": True,
        "sharingObjectsAccounts": [
            {"accountId": other.pk, "accountName": "Other"},
            {"accountId": main.pk, "accountName": "Acme"},
        ],
        "utilizationSettings": {"frequencyMinutes": 10, "utilizationEnabled": True},
    }


def test_update_keeps_the_order_of_the_list(main, sub, api, change):
    others = [ChildFactory(main=main).pk for _ in range(3)]
    orders = [others, others[::-1], [others[1], others[0]], [others[0], others[1]]]

    for order in orders:
        shown = change(SENT | {"sharingObjectsAccounts": order})
        told = [each["accountId"] for each in shown["sharingObjectsAccounts"]]
        assert told == order

    lifecycle.edit_account(sub, by=BY, name="Renamed")
    lifecycle.delete_account(main.organisation.accounts.get(pk=others[0]), by=BY)
    _, shown = api.get(f"{ACCOUNTS}/{sub.pk}")
    assert [each["accountId"] for each in shown["sharingObjectsAccounts"]] == [
        others[1]
    ]


def test_update_without_a_field_puts_its_default_in(sub, change):
    lifecycle.edit_account(sub, by=BY, **KEPT)

    assert change({"accountName": "Staging"}) == SUB | {
        "maxDailyGB": 0.0,
        "retentionDays": 5,
        "searchable": False,
        "accessible": False,
    }


def test_update_with_null_zero_or_nothing_in_it_keeps_what_is_there(main, sub, change):
    lifecycle.edit_account(sub, by=BY, sharing_objects_accounts=[main], **KEPT)

    assert change(
        {
            "accountName": "Staging",
            "isFlexible": "",
            "maxDailyGB": None,
            "retentionDays": 0,
            "searchable": "",
            "accessible": None,
            "sharingObjectsAccounts": None,
            "docSizeSetting": "",
            "utilizationSettings": {"frequencyMinutes": 0, "utilizationEnabled": ""},
        }
    ) == SUB | {
        "maxDailyGB": 2.5,
        "retentionDays": 5,
        "searchable": False,
        "docSizeSetting": True,
        "sharingObjectsAccounts": [{"accountId": main.pk, "accountName": "Acme"}],
        "utilizationSettings": {"frequencyMinutes": 10, "utilizationEnabled": True},
    }


@pytest.mark.parametrize(
    ("asked", "minutes", "enabled"),
    [
        (None, 10, True),
        ({}, 10, True),
        ({"frequencyMinutes": 30}, 30, True),
        ({"frequencyMinutes": 0, "utilizationEnabled": "true"}, None, True),
        ({"frequencyMinutes": 0, "utilizationEnabled": "false"}, None, False),
        ({"frequencyMinutes": None, "utilizationEnabled": False}, None, False),
    ],
)
def test_update_of_the_utilization(sub, change, asked, minutes, enabled):
    lifecycle.edit_account(sub, by=BY, **KEPT)

    shown = change(SENT | {"utilizationSettings": asked})

    assert shown["utilizationSettings"] == {
        "frequencyMinutes": minutes,
        "utilizationEnabled": enabled,
    }


def test_a_second_update_changes_nothing(main, sub, change):
    first = change(SENT)
    events = AuditEvent.objects.filter(action=Action.ACCOUNT_UPDATED)
    before = events.count()

    assert change(SENT) == first
    assert events.count() == before
    sub.refresh_from_db()
    assert sub.version == 2


def test_update_does_not_ask_whether_the_child_is_open(sub, change):
    change(SENT | {"accessible": "false", "searchable": "false"})

    shown = change(SENT | {"accessible": "true", "searchable": "true"})

    assert (shown["accessible"], shown["searchable"]) == (True, True)


def test_update_of_flexible_volume(db):
    main = MainFactory(is_flexible=True, daily_gb=10)
    sub = ChildFactory(
        main=main, is_flexible=True, reserved_daily_gb=1, max_daily_gb=3, name="Flex"
    )
    api, address = Api.of(main), f"{ACCOUNTS}/{sub.pk}"

    # The spec has no isFlexible here: without it, the account stays what it is.
    asked = {"accountName": "Flex", "reservedDailyGB": 2, "maxDailyGB": 4}
    assert api.put(address, asked) == (204, None)
    _, shown = api.get(address)
    assert (shown["reservedDailyGB"], shown["maxDailyGB"]) == (2.0, 4.0)
    assert (shown["isFlexible"], shown["isCapped"]) == (True, True)

    assert api.put(address, asked | {"maxDailyGB": None}) == (204, None)
    _, shown = api.get(address)
    assert (shown["maxDailyGB"], shown["isCapped"]) == (None, False)

    assert api.put(address, asked | {"reservedDailyGB": None}) == illegal(
        "flexible volume needs a reserved daily volume"
    )
    fixed = asked | {"isFlexible": False, "reservedDailyGB": 0}
    assert api.put(address, fixed) == (204, None)
    _, shown = api.get(address)
    assert (shown["isFlexible"], shown["reservedDailyGB"]) == (False, None)


def test_moving_volume_takes_two_updates(main, sub, change, api):
    other = ChildFactory(main=main, max_daily_gb=999, name="Other")
    grow = SENT | {"maxDailyGB": 500}

    assert api.put(f"{ACCOUNTS}/{sub.pk}", grow) == illegal(
        "the daily volume exceeds what is left by 499 GB"
    )
    shrink = {"accountName": "Other", "maxDailyGB": 500}
    assert api.put(f"{ACCOUNTS}/{other.pk}", shrink) == (204, None)
    assert change(grow)["maxDailyGB"] == 500.0


@pytest.mark.parametrize(
    ("asked", "name", "message"),
    [
        ({"accountName": None}, "accountName", "Input should be a valid string"),
        (
            {"accountName": "a:b"},
            "accountName",
            'must match "^[A-Za-z0-9._ -]{1,100}$"',
        ),
        (
            {"retentionDays": -1},
            "retentionDays",
            "Input should be greater than or equal to 0",
        ),
        (
            {"sharingObjectsAccounts": [0]},
            "sharingObjectsAccounts",
            "account 0 not found",
        ),
    ],
)
def test_update_says_what_is_wrong(sub, api, asked, name, message):
    address = f"{ACCOUNTS}/{sub.pk}"

    assert api.put(address, SENT | asked) == invalid(
        f"{PATH}/{sub.pk}", (name, message)
    )


def test_an_account_does_not_share_with_itself(sub, api):
    asked = SENT | {"sharingObjectsAccounts": [sub.pk]}

    assert api.put(f"{ACCOUNTS}/{sub.pk}", asked) == invalid(
        f"{PATH}/{sub.pk}",
        ("sharingObjectsAccounts", f"account {sub.pk} not found"),
    )


def test_update_of_an_account_that_is_gone_by_then(sub, api, monkeypatch):
    def edit_account(account, **kwargs):
        lifecycle.delete_account(account, by=BY)
        return real(account, **kwargs)

    real = lifecycle.edit_account
    monkeypatch.setattr(lifecycle, "edit_account", edit_account)
    status, body = api.put(f"{ACCOUNTS}/{sub.pk}", SENT)

    assert (status, body["message"]) == (404, "Staging is not there any more.")


def test_update_below_a_plan_that_shrank(main, sub, api):
    lifecycle.edit_organisation(organisation_of(main), by=BY, daily_gb=1)

    assert api.put(f"{ACCOUNTS}/{sub.pk}", SENT) == illegal(
        "the daily volume exceeds what is left by 1.5 GB"
    )
    assert api.put(f"{ACCOUNTS}/0", SENT) == not_found(0)
