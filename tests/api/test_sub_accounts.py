"""/v1/account-management/time-based-accounts: recorded requests and their answers."""

from datetime import UTC, datetime

import pytest

from accounts import lifecycle
from accounts.models import Account, AccountKind, Action, AuditEvent, Role
from tests.api.calls import FORBIDDEN, Api, coded, invalid, secret
from tests.factories import (
    BY,
    ChildFactory,
    MainFactory,
    MembershipFactory,
    TokenFactory,
    UserFactory,
)
from tokens.kinds import Kind
from tokens.models.querysets import default_log_token

ACCOUNTS = "/v1/account-management/time-based-accounts"
PATH = "/account-management/time-based-accounts"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MILLISECONDS = 1795435200000
EMAIL = (
    r"^[_A-Za-z0-9-\+]+(\.[_A-Za-z0-9-]+)*"
    r"@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(\.[A-Za-z]{2,})$"
)
ASKED = {
    "email": "admin@acme.example",
    "accountName": "Payments",
    "retentionDays": 5,
    "sharingObjectsAccounts": [],
}
SUB = {
    "email": None,
    "accountName": "Staging",
    "isFlexible": False,
    "reservedDailyGB": None,
    "maxDailyGB": 1.0,
    "retentionDays": 7,
    "searchable": True,
    "accessible": True,
    "docSizeSetting": False,
    "sharingObjectsAccounts": [],
    "utilizationSettings": {"frequencyMinutes": None, "utilizationEnabled": False},
    "snapSearchRetentionDays": None,
    "isCapped": False,
    "sharedGB": None,
    "totalTimeBasedDailyGB": None,
    "isOwner": False,
    "softLimitGB": None,
}
MAIN = SUB | {"accountName": "Acme", "maxDailyGB": 999.0, "isOwner": True}


def not_found(pk):
    message = f"account {pk} not found"
    return coded("TimeBasedAccount/NOT_FOUND", message, status=404)


def illegal(reason):
    return coded(
        "TimeBasedAccount/ILLEGAL_PLAN_REQUEST",
        f"The plan does not add up: {reason}.",
        reason=reason,
    )


def plain_token(account):
    return default_log_token(account).secrets.current().get().open().reveal()


def detailed(main, account, *, kind="SUB_ACCOUNT", **changes):
    """Return an account of these tests as it looks in a detailed answer."""
    return {
        "subAccountRelation": {
            "ownerAccountId": main.pk,
            "subAccountId": account.pk,
            "searchable": True,
            "accessible": True,
            "createdDate": MILLISECONDS,
            "lastUpdatedDate": MILLISECONDS,
            "lastUpdaterUserId": None,
            "type": kind,
        },
        "account": view(account, accountToken=plain_token(account)),
        "sharingObjectsAccounts": [],
        "utilizationSettings": SUB["utilizationSettings"],
        "dailyUsagesList": {"usage": []},
        "docSizeSetting": False,
        "snapSearchRetentionDays": None,
        "isCapped": False,
        "softLimitGB": None,
    } | changes


def view(account, **changes):
    return {
        "accountId": account.pk,
        "accountName": account.name,
        "accountToken": None,
        "active": True,
        "esIndexPrefix": f"account-{account.pk}",
        "isFlexible": False,
        "reservedDailyGB": None,
        "maxDailyGB": 999.0 if account.is_main else 1.0,
        "retentionDays": 7,
        "softLimitGB": None,
    } | changes


@pytest.fixture
def _long_ago(main, sub):
    Account.objects.update(created_at=NOW, updated_at=NOW)


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


def test_get(main, sub, api):
    assert api.get(f"{ACCOUNTS}/{sub.pk}") == (200, {"accountId": sub.pk} | SUB)
    assert api.get(f"{ACCOUNTS}/{main.pk}/") == (200, {"accountId": main.pk} | MAIN)


def test_get_of_a_flexible_account_tells_the_shared_volume(db, admin):
    main = MainFactory(is_flexible=True, daily_gb=10, name="Flex")
    capped = ChildFactory(
        main=main, is_flexible=True, reserved_daily_gb=0.5, max_daily_gb=5
    )
    api = Api.of(main)

    assert api.get(f"{ACCOUNTS}/{capped.pk}") == (
        200,
        SUB
        | {
            "accountId": capped.pk,
            "accountName": capped.name,
            "isFlexible": True,
            "reservedDailyGB": 0.5,
            "maxDailyGB": 5.0,
            "isCapped": True,
            "sharedGB": 8.5,
            "totalTimeBasedDailyGB": 10.0,
        },
    )
    assert api.get(f"{ACCOUNTS}/{main.pk}") == (
        200,
        MAIN
        | {
            "accountId": main.pk,
            "accountName": "Flex",
            "isFlexible": True,
            "reservedDailyGB": 1.0,
            "maxDailyGB": None,
            "sharedGB": 8.5,
            "totalTimeBasedDailyGB": 10.0,
        },
    )


def test_what_is_not_there_is_404(main, sub, api):
    lifecycle.delete_account(sub, by=BY)
    strange = [MainFactory().pk, ChildFactory().pk, sub.pk]
    others = [ChildFactory(main=main, kind=kind).pk for kind in ("metrics", "security")]

    for pk in (*strange, *others, 0, 2**31, 10**30):
        assert api.get(f"{ACCOUNTS}/{pk}") == not_found(pk)
        assert api.get(f"{ACCOUNTS}/detailed/{pk}") == not_found(pk)
        assert api.put(f"{ACCOUNTS}/{pk}", {"accountName": "x"}) == not_found(pk)
        assert api.delete(f"{ACCOUNTS}/{pk}") == not_found(pk)


def test_the_token_of_a_child_gets_403_also_for_its_own_account(main, sub, sub_api):
    for pk in (sub.pk, main.pk, MainFactory().pk, 0):
        assert sub_api.get(f"{ACCOUNTS}/{pk}") == FORBIDDEN
        assert sub_api.put(f"{ACCOUNTS}/{pk}", {"accountName": "x"}) == FORBIDDEN
        assert sub_api.delete(f"{ACCOUNTS}/{pk}") == FORBIDDEN
    assert sub_api.get(ACCOUNTS) == FORBIDDEN
    assert sub_api.post(ACCOUNTS, ASKED) == FORBIDDEN


@pytest.mark.usefixtures("_long_ago")
def test_detailed_list_has_the_default_tokens(main, sub, api):
    TokenFactory(account=sub, kind=Kind.LOGS, name="second")

    assert api.get(f"{ACCOUNTS}/detailed") == (
        200,
        [detailed(main, main, kind="OWNER_ACCOUNT"), detailed(main, sub)],
    )


@pytest.mark.usefixtures("_long_ago")
def test_detailed(main, sub, admin, api):
    lifecycle.edit_account(sub, by=BY, sharing_objects_accounts=[main])
    Account.objects.update(updated_at=NOW, updated_by=admin)

    wanted = detailed(main, sub, sharingObjectsAccounts=[view(main)])
    wanted["subAccountRelation"]["lastUpdaterUserId"] = admin.pk

    assert api.get(f"{ACCOUNTS}/detailed/{sub.pk}") == (200, wanted)


def test_detailed_says_when_an_account_is_suspended(sub, api):
    lifecycle.suspend_account(sub, by=BY)

    assert api.get(f"{ACCOUNTS}/detailed/{sub.pk}")[1]["account"]["active"] is False


def test_detailed_without_an_enabled_token_has_none(sub, api):
    sub.tokens.update(disabled_at=NOW)

    status, body = api.get(f"{ACCOUNTS}/detailed/{sub.pk}")

    assert (status, body["account"]["accountToken"]) == (200, None)


def test_detailed_hides_the_token_of_an_account_that_is_shut(main, sub, api):
    lifecycle.edit_account(sub, by=BY, accessible=False)

    _, shown = api.get(f"{ACCOUNTS}/detailed/{sub.pk}")
    _, listed = api.get(f"{ACCOUNTS}/detailed")

    assert shown["account"]["accountToken"] is None
    assert [each["account"]["accountToken"] for each in listed] == [
        plain_token(main),
        None,
    ]


def reveals():
    return [
        (event.account, event.token_id, event.data)
        for event in AuditEvent.objects.filter(action=Action.TOKEN_REVEALED)
    ]


def test_detailed_is_told_to_the_audit_trail(main, sub, api):
    tokens = [default_log_token(main).pk, default_log_token(sub).pk]

    api.get(f"{ACCOUNTS}/detailed/{sub.pk}")
    api.get(f"{ACCOUNTS}/detailed")

    (one, some) = reveals()
    assert one == (sub, tokens[1], {})
    assert (some[0], some[1], sorted(some[2]["token_ids"])) == (None, None, tokens)
    assert AuditEvent.objects.of_account(main).filter(pk__gt=0).count() > 2


def test_plain_answers_reveal_nothing(sub, api):
    api.get(ACCOUNTS)
    api.get(f"{ACCOUNTS}/{sub.pk}")

    assert reveals() == []


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_the_same_queries_for_any_number_of_accounts(
    main, count, django_assert_num_queries
):
    for _ in range(count):
        ChildFactory(main=main, sharing_objects_accounts=[main])
    api = Api.of(main)
    api.get(ACCOUNTS)

    with django_assert_num_queries(4):
        assert len(api.get(ACCOUNTS)[1]) == count + 1
    with django_assert_num_queries(13):
        assert len(api.get(f"{ACCOUNTS}/detailed")[1]) == count + 1


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
    MembershipFactory(account=main, user=UserFactory(email=ASKED["email"]))
    api = Api.of(main)

    _, body = api.post(ACCOUNTS, ASKED | asked)
    _, shown = api.get(f"{ACCOUNTS}/{body['accountId']}")

    (value,) = asked.values()
    assert shown[name or "snapSearchRetentionDays"] == value


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


@pytest.mark.parametrize("name", ["Staging", "STAGING", " staging ", "acme"])
def test_create_refuses_a_name_twice(sub, admin, api, name):
    answer = api.post(ACCOUNTS, ASKED | {"accountName": name})

    assert answer == coded(
        "TimeBasedAccount/DUPLICATE_NAME",
        f"The organisation already has an account named {name.strip()}.",
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


def test_delete(sub, api, sub_api):
    assert api.delete(f"{ACCOUNTS}/{sub.pk}") == (204, None)

    sub.refresh_from_db()
    assert sub.state == "deleted"
    assert api.delete(f"{ACCOUNTS}/{sub.pk}") == not_found(sub.pk)
    assert sub_api.get("/v2/whoami") == FORBIDDEN


def test_delete_does_not_ask_whether_the_child_is_open(main, api):
    shut = ChildFactory(main=main, accessible=False, searchable=False)

    assert api.delete(f"{ACCOUNTS}/{shut.pk}") == (204, None)


def test_the_main_account_is_not_deleted(main, api):
    assert api.delete(f"{ACCOUNTS}/{main.pk}") == coded(
        "TimeBasedAccount/MAIN_ACCOUNT", "The main account cannot be deleted."
    )
