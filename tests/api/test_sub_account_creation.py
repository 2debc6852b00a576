"""POST /v1/account-management/time-based-accounts: what it makes of what is asked."""

import pytest

from accounts import lifecycle
from accounts.models import Account, Action, AuditEvent, Role
from tests.api.calls import Api, secret
from tests.api.sub_accounts import ACCOUNTS, ASKED, SUB, plain_token
from tests.factories import (
    BY,
    ChildFactory,
    MainFactory,
    MembershipFactory,
    TokenFactory,
    UserFactory,
)


def test_create(main, admin, api):
    status, body = api.post(ACCOUNTS, ASKED)

    account = Account.objects.get(name="Payments")
    assert (status, body) == (
        200,
        {"accountId": account.pk, "accountToken": secret("tgl_")},
    )
    assert body["accountToken"] == plain_token(account)
    assert api.get(f"{ACCOUNTS}/{account.pk}") == (
        200,
        SUB
        | {
            "accountId": account.pk,
            "accountName": "Payments",
            "retentionDays": 5,
            "maxDailyGB": 0.0,
            "searchable": False,
            "accessible": False,
        },
    )


def test_create_at_the_address_of_2018(admin, api):
    status, body = api.post("/v1/account-management", ASKED)

    account = Account.objects.get(name="Payments")
    assert (status, body["accountId"]) == (200, account.pk)


def test_create_makes_the_person_an_admin_of_the_new_account(
    admin, api, mailoutbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        api.post(ACCOUNTS, ASKED | {"email": "Admin@ACME.example"})

    account = Account.objects.get(name="Payments")
    (membership,) = account.memberships.all()
    assert (membership.user, membership.role) == (admin, Role.ADMIN)
    assert [mail.to for mail in mailoutbox] == [[admin.email]]


def test_create_is_told_to_the_audit_trail(main, admin):
    by = TokenFactory(account=main, name="Terraform")

    Api(by.secret_text).post(ACCOUNTS, ASKED)

    events = AuditEvent.objects.filter(account__name="Payments").order_by("pk")
    assert [event.action for event in events] == [
        Action.ACCOUNT_CREATED,
        Action.TOKEN_CREATED,
        Action.USER_ADDED,
        Action.TOKEN_REVEALED,
    ]
    assert {event.actor_token_id for event in events} == {by.pk}


def test_create_echoes_every_field(main, sub, admin, api):
    other = ChildFactory(main=main, name="Other")

    _, body = api.post(
        ACCOUNTS,
        ASKED
        | {
            "maxDailyGB": 2.5,
            "searchable": "true",
            "accessible": True,
            "docSizeSetting": "true",
            "sharingObjectsAccounts": [other.pk, main.pk, sub.pk, other.pk],
            "utilizationSettings": {
                "frequencyMinutes": 5,
                "utilizationEnabled": "true",
            },
        },
    )

    assert api.get(f"{ACCOUNTS}/{body['accountId']}") == (
        200,
        SUB
        | {
            "accountId": body["accountId"],
            "accountName": "Payments",
            "retentionDays": 5,
            "maxDailyGB": 2.5,
            "docSizeSetting": True,
            "sharingObjectsAccounts": [
                {"accountId": other.pk, "accountName": "Other"},
                {"accountId": main.pk, "accountName": "Acme"},
                {"accountId": sub.pk, "accountName": "Staging"},
            ],
            "utilizationSettings": {
                "frequencyMinutes": 5,
                "utilizationEnabled": True,
            },
        },
    )


def test_create_takes_what_the_go_client_sends_for_nothing(admin, api):
    status, body = api.post(
        ACCOUNTS,
        ASKED
        | {
            "retentionDays": 5.0,
            "sharingObjectsAccounts": None,
            "isFlexible": "false",
            "reservedDailyGB": None,
            "maxDailyGB": 0,
            "softLimitGB": None,
            "docSizeSetting": "",
            "utilizationSettings": {"frequencyMinutes": 0, "utilizationEnabled": ""},
            "snapSearchRetentionDays": None,
        },
    )

    assert status == 200
    assert api.get(f"{ACCOUNTS}/{body['accountId']}")[1] == SUB | {
        "accountId": body["accountId"],
        "accountName": "Payments",
        "retentionDays": 5,
        "maxDailyGB": 0.0,
        "searchable": False,
        "accessible": False,
    }


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"reservedDailyGB": 2, "maxDailyGB": None}, (2.0, None, False)),
        ({"reservedDailyGB": 0}, (0.0, None, False)),
        ({"reservedDailyGB": 1, "maxDailyGB": 3}, (1.0, 3.0, True)),
    ],
)
def test_create_with_flexible_volume(db, asked, told):
    main = MainFactory(is_flexible=True, daily_gb=10)
    user = UserFactory(email=ASKED["email"])
    MembershipFactory(account=main, user=user)
    api = Api.of(main)

    _, body = api.post(ACCOUNTS, ASKED | {"isFlexible": "true"} | asked)
    _, shown = api.get(f"{ACCOUNTS}/{body['accountId']}")

    assert shown["isFlexible"] is True
    names = ("reservedDailyGB", "maxDailyGB", "isCapped")
    assert tuple(shown[name] for name in names) == told


@pytest.mark.parametrize(
    ("plan", "asked", "name"),
    [
        ({"is_consumption": True}, {"softLimitGB": 2.5}, "softLimitGB"),
        ({"warm_tier": True}, {"snapSearchRetentionDays": 30}, None),
        ({"warm_tier": True}, {"snapsearchRetentionDays": 30}, None),
    ],
)
def test_create_with_what_only_some_plans_have(db, plan, asked, name):
    main = MainFactory(**plan)
    if main.organisation.warm_tier:
        lifecycle.edit_account(main, by=BY, snap_search_retention_days=30)
    MembershipFactory(account=main, user=UserFactory(email=ASKED["email"]))
    api = Api.of(main)

    _, body = api.post(ACCOUNTS, ASKED | asked)
    _, shown = api.get(f"{ACCOUNTS}/{body['accountId']}")

    (value,) = asked.values()
    assert shown[name or "snapSearchRetentionDays"] == value
