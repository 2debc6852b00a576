"""/v1/account-management/consumption/tracing-accounts: requests and their answers."""

import pytest

from accounts import lifecycle
from accounts.models import Account, AccountKind, Role
from tests.api.calls import Api, Like, coded, invalid, secret
from tests.factories import BY, ChildFactory, MainFactory

TRACING = "/v1/account-management/consumption/tracing-accounts"
PATH = "/account-management/consumption/tracing-accounts"
ASKED = {
    "accountName": "Spans",
    "authorizedAccountIds": [],
    "maxDailyGB": 1.5,
    "email": "admin@acme.example",
}
ISO = Like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
NOT_FOUND = coded("NOT_FOUND", "tracing account not found", status=404)
NOT_CONSUMPTION = coded(
    "NOT_CONSUMPTION_ACCOUNT", "account must be of consumption type"
)


@pytest.fixture
def main(db):
    return MainFactory(name="Acme", is_consumption=True)


def wire(account, **changes):
    """Return a tracing account of these tests as it looks in an answer."""
    return {
        "accountId": account.pk,
        "accountName": account.name,
        "token": secret("tgt_"),
        "maxDailyGB": 1.5,
        "retention": 7,
        "createdAt": ISO,
        "authorizedAccounts": [],
    } | changes


def in_list(account, **changes):
    shown = wire(account, **changes)
    del shown["token"]
    return shown


@pytest.fixture
def spans(main):
    return ChildFactory(
        main=main, kind=AccountKind.TRACING, name="Spans", soft_limit_gb=1.5
    )


def test_create(main, sub, admin, api):
    answer = api.post(TRACING, ASKED | {"authorizedAccountIds": [sub.pk, main.pk]})

    account = Account.objects.get(name="Spans")
    readers = [
        {"accountId": sub.pk, "accountName": "Staging"},
        {"accountId": main.pk, "accountName": "Acme"},
    ]
    assert answer == (200, wire(account, authorizedAccounts=readers))
    assert (account.kind, account.soft_limit_gb) == (AccountKind.TRACING, 1.5)
    (membership,) = account.memberships.all()
    assert (membership.user, membership.role) == (admin, Role.ADMIN)
    assert api.get(f"{TRACING}/{account.pk}") == answer


def test_life_of_an_account(main, sub, admin, api):
    _, made = api.post(TRACING, ASKED)
    address = f"{TRACING}/{made['accountId']}"
    changed = ASKED | {
        "accountName": "Traces",
        "maxDailyGB": 0,
        "authorizedAccountIds": [sub.pk],
    }
    shown = made | {
        "accountName": "Traces",
        "maxDailyGB": 0,
        "authorizedAccounts": [{"accountId": sub.pk, "accountName": "Staging"}],
    }

    assert api.put(address, changed) == (200, shown)
    assert api.get(address) == (200, shown)
    assert api.delete(address) == (200, None)
    assert api.get(address) == NOT_FOUND
    assert api.delete(address) == NOT_FOUND


def test_list_has_no_tokens(main, spans, api):
    silent = ChildFactory(main=main, kind=AccountKind.TRACING, name="Tails")
    ChildFactory(main=main, kind=AccountKind.METRICS)

    assert api.get(TRACING) == (
        200,
        [in_list(spans), in_list(silent, maxDailyGB=None)],
    )


def test_suspension_is_told(spans, api):
    lifecycle.suspend_account(spans, by=BY)

    assert api.get(f"{TRACING}/{spans.pk}") == (
        200,
        wire(spans, suspensionState="SUSPENDED"),
    )


def test_the_usage_limit_and_the_volume_are_one(spans, api):
    address = f"{TRACING}/{spans.pk}/soft-limit"
    asked = {"tracingAccountId": spans.pk, "softLimitGB": 2.25}
    limit = {"accountId": spans.pk, "softLimitGB": 1.5}

    assert api.get(address) == (200, limit)
    assert api.put(address, asked) == (200, limit | {"softLimitGB": 2.25})
    assert api.get(f"{TRACING}/{spans.pk}") == (200, wire(spans, maxDailyGB=2.25))
    assert api.put(address, asked | {"tracingAccountId": spans.pk + 1}) == invalid(
        f"{PATH}/{spans.pk}/soft-limit",
        ("tracingAccountId", "must be the id that the path has"),
    )


@pytest.mark.parametrize(
    ("asked", "name", "message"),
    [
        ({"accountName": None}, "accountName", "Input should be a valid string"),
        (
            {"maxDailyGB": -1},
            "maxDailyGB",
            "Input should be greater than or equal to 0",
        ),
        ({"maxDailyGB": None}, "maxDailyGB", "Input should be a valid number"),
        ({"authorizedAccountIds": [0]}, "authorizedAccountIds", "account 0 not found"),
    ],
)
def test_create_says_what_is_wrong(admin, api, asked, name, message):
    assert api.post(TRACING, ASKED | asked) == invalid(PATH, (name, message))


def test_create_needs_a_free_name_and_a_known_admin(main, spans, admin, api):
    assert api.post(TRACING, ASKED) == coded(
        "DUPLICATE_NAME", "The organisation already has a tracing account named Spans."
    )
    stranger = ASKED | {"accountName": "New", "email": "x@x.example"}
    assert api.post(TRACING, stranger) == coded(
        "UNKNOWN_EMAIL", "Email must belong to an existing user"
    )


def test_other_accounts_are_no_tracing_accounts(main, sub, api):
    foreign = MainFactory(is_consumption=True)
    theirs = ChildFactory(main=foreign, kind=AccountKind.TRACING)

    for pk in (main.pk, sub.pk, theirs.pk, 0):
        for path in (f"{TRACING}/{pk}", f"{TRACING}/{pk}/soft-limit"):
            assert api.get(path) == NOT_FOUND


@pytest.mark.django_db
def test_only_consumption_plans_have_them():
    main = MainFactory()
    account = ChildFactory(main=main, kind=AccountKind.TRACING)
    api, limit = Api.of(main), {"tracingAccountId": account.pk, "softLimitGB": 1}

    for answer in (
        api.get(TRACING),
        api.post(TRACING, ASKED),
        api.get(f"{TRACING}/{account.pk}"),
        api.put(f"{TRACING}/{account.pk}", ASKED),
        api.delete(f"{TRACING}/{account.pk}"),
        api.put(f"{TRACING}/{account.pk}/soft-limit", limit),
    ):
        assert answer == NOT_CONSUMPTION
