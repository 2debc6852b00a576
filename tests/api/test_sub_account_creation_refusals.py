"""POST /v1/account-management/time-based-accounts: what it refuses."""

import pytest

from accounts import lifecycle
from accounts.models import Account, AccountKind
from tests.api.calls import Api, coded, invalid
from tests.api.sub_accounts import ACCOUNTS, ASKED, PATH, illegal
from tests.factories import (
    BY,
    ChildFactory,
    MainFactory,
    MembershipFactory,
    UserFactory,
)

EMAIL = (
    r"^[_A-Za-z0-9-\+]+(\.[_A-Za-z0-9-]+)*"
    r"@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(\.[A-Za-z]{2,})$"
)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"maxDailyGB": 1001}, "the daily volume exceeds what is left by 1 GB"),
        ({"isFlexible": "true"}, "the plan has no flexible volume"),
        ({"reservedDailyGB": 1}, "only flexible accounts reserve volume"),
        ({"softLimitGB": 1}, "a usage limit exists on consumption plans only"),
        ({"snapSearchRetentionDays": 5}, "the plan has no warm tier"),
    ],
)
def test_create_refuses_a_plan_that_does_not_add_up(admin, api, asked, reason):
    assert api.post(ACCOUNTS, ASKED | asked) == illegal(reason)
    assert not Account.objects.filter(name="Payments").exists()


def test_create_refuses_a_reserve_above_the_volume_as_logzio_does(db):
    main = MainFactory(is_flexible=True, daily_gb=10)
    MembershipFactory(account=main, user=UserFactory(email=ASKED["email"]))
    asked = ASKED | {"isFlexible": "true", "reservedDailyGB": 1, "maxDailyGB": 0}

    assert Api.of(main).post(ACCOUNTS, asked) == illegal(
        "reserved daily volume=1 is bigger than max daily volume=0"
    )


@pytest.mark.parametrize(
    "email",
    [
        "nobody@acme.example",
        "member@acme.example",
        "subadmin@acme.example",
        "outsider@other.example",
        "staff@tollgate.example",
    ],
)
def test_create_needs_an_admin_of_the_main_account(
    member, sub_admin, outsider, staff, api, email
):
    assert api.post(ACCOUNTS, ASKED | {"email": email}) == coded(
        "TimeBasedAccount/UNKNOWN_EMAIL", "Email must belong to an existing user"
    )
    assert not Account.objects.filter(name="Payments").exists()


@pytest.mark.parametrize("name", ["Staging", "STAGING", " staging "])
def test_create_refuses_a_name_twice(sub, admin, api, name):
    answer = api.post(ACCOUNTS, ASKED | {"accountName": name})

    assert answer == coded(
        "TimeBasedAccount/DUPLICATE_NAME",
        f"The organisation already has a sub account named {name.strip()}.",
    )


def test_create_refuses_more_than_the_plan_has(main, admin, api):
    main.organisation.max_sub_accounts = 0
    main.organisation.save()

    assert api.post(ACCOUNTS, ASKED) == coded(
        "TimeBasedAccount/ACCOUNT_LIMIT",
        "The plan allows 0 sub account accounts and all of them are in use.",
    )


@pytest.mark.parametrize(
    ("asked", "name", "message"),
    [
        ({"email": None}, "email", "must be given"),
        ({"email": "x"}, "email", f'must match "{EMAIL}"'),
        ({"accountName": None}, "accountName", "must be given"),
        (
            {"accountName": "a/b"},
            "accountName",
            'must match "^[A-Za-z0-9._ -]{1,100}$"',
        ),
        ({"accountName": "  "}, "accountName", 'must match "^[A-Za-z0-9._ -]{1,100}$"'),
        (
            {"accountName": "a" * 101},
            "accountName",
            'must match "^[A-Za-z0-9._ -]{1,100}$"',
        ),
        ({"retentionDays": None}, "retentionDays", "must be given"),
        (
            {"retentionDays": 0},
            "retentionDays",
            "Input should be greater than or equal to 1",
        ),
        (
            {"retentionDays": 2**31},
            "retentionDays",
            "Input should be less than or equal to 2147483647",
        ),
        ({"searchable": "maybe"}, "searchable", "must be true or false"),
        (
            {"maxDailyGB": -1},
            "maxDailyGB",
            "Input should be greater than or equal to 0",
        ),
        (
            {"utilizationSettings": {"frequencyMinutes": -1}},
            "utilizationSettings.frequencyMinutes",
            "Input should be greater than or equal to 0",
        ),
        (
            {"sharingObjectsAccounts": ["x"]},
            "sharingObjectsAccounts.0",
            "Input should be a valid integer, unable to parse string as an integer",
        ),
    ],
)
def test_create_says_what_is_wrong(admin, api, asked, name, message):
    assert api.post(ACCOUNTS, ASKED | asked) == invalid(PATH, (name, message))


def test_create_shares_with_accounts_of_the_organisation_only(main, admin, api):
    deleted = ChildFactory(main=main)
    lifecycle.delete_account(deleted, by=BY)
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS)

    for pk in (MainFactory().pk, deleted.pk, metrics.pk, 0):
        asked = ASKED | {"sharingObjectsAccounts": [main.pk, pk]}
        assert api.post(ACCOUNTS, asked) == invalid(
            PATH, ("sharingObjectsAccounts", f"account {pk} not found")
        )
