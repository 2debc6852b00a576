"""/v1/account-management/metrics-accounts: recorded requests and their answers."""

from datetime import UTC, datetime

import pytest

from accounts import lifecycle
from accounts.models import Account, AccountKind, Action, AuditEvent, Role
from tests.api.calls import FORBIDDEN, Api, coded, invalid, secret
from tests.factories import BY, ChildFactory, MainFactory

METRICS = "/v1/account-management/metrics-accounts"
PATH = "/account-management/metrics-accounts"
NOW = datetime(2026, 11, 23, 12, 0, 0, 500_999, tzinfo=UTC)
MILLISECONDS = 1795435200500
ASKED = {"email": "admin@acme.example", "planUts": 100, "authorizedAccountsIds": []}


def not_found(pk):
    message = f"account {pk} not found"
    return coded("METRICS_ACCOUNT/NOT_FOUND", message, status=404)


def not_owned(pk):
    reason = f"account {pk} is not owned by the main account"
    return coded(
        "METRICS_ACCOUNT/SUB_ACCOUNT_NOT_OWNED",
        f"The {reason}.",
        accountId=pk,
        reason=reason,
    )


def wire(account, **changes):
    """Return a metrics account of these tests as it looks in an answer."""
    token = account.tokens.get().secrets.current().get().open().reveal()
    return {
        "id": account.pk,
        "accountName": account.name,
        "token": token,
        "createdAt": MILLISECONDS,
        "planUts": 100,
        "authorizedAccountsIds": [],
    } | changes


def metrics_of(main, **fields):
    account = ChildFactory(main=main, kind="metrics", **fields)
    Account.objects.filter(pk=account.pk).update(created_at=NOW)
    return account


@pytest.fixture
def metrics(main):
    return metrics_of(main, name="Metrics")


def test_list(main, sub, metrics, api):
    metrics_of(MainFactory())
    other = metrics_of(main, name="Another", authorized_accounts=[sub, main])

    assert api.get(METRICS) == (
        200,
        [wire(other, authorizedAccountsIds=[sub.pk, main.pk]), wire(metrics)],
    )


def test_list_of_nothing(main, sub, api):
    assert api.get(METRICS) == (200, [])


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_the_same_queries_for_any_number_of_accounts(
    main, sub, count, django_assert_num_queries
):
    for _ in range(count):
        metrics_of(main, authorized_accounts=[sub])
    api = Api.of(main)
    api.get(METRICS)

    with django_assert_num_queries(8):
        assert len(api.get(METRICS)[1]) == count


def test_get(metrics, api):
    assert api.get(f"{METRICS}/{metrics.pk}") == (200, wire(metrics))

    (event,) = AuditEvent.objects.filter(action=Action.TOKEN_REVEALED)
    assert event.account == metrics


def test_get_hides_the_token_of_an_account_that_is_shut(metrics, api):
    lifecycle.edit_account(metrics, by=BY, accessible=False)

    assert api.get(f"{METRICS}/{metrics.pk}") == (200, wire(metrics, token=None))
    assert not AuditEvent.objects.filter(action=Action.TOKEN_REVEALED).exists()


def test_what_is_not_there_is_404_and_204_when_it_is_deleted(main, sub, metrics, api):
    lifecycle.delete_account(metrics, by=BY)
    strange = metrics_of(MainFactory())

    for pk in (metrics.pk, strange.pk, sub.pk, main.pk, 0, 10**30):
        assert api.get(f"{METRICS}/{pk}") == not_found(pk)
        assert api.put(f"{METRICS}/{pk}", {}) == not_found(pk)
        assert api.delete(f"{METRICS}/{pk}") == (204, None)
    assert {sub.state, main.state, strange.state} == {"active"}


def test_the_token_of_a_child_gets_403(main, sub_api, metrics):
    own = Api.of(metrics)

    for api in (sub_api, own):
        assert api.get(METRICS) == FORBIDDEN
        assert api.post(METRICS, ASKED) == FORBIDDEN
        assert api.get(f"{METRICS}/{metrics.pk}") == FORBIDDEN
        assert api.put(f"{METRICS}/{metrics.pk}", {}) == FORBIDDEN
        assert api.delete(f"{METRICS}/{metrics.pk}") == FORBIDDEN


def test_create(main, sub, admin, api):
    status, body = api.post(
        METRICS,
        ASKED
        | {"accountName": "Series", "authorizedAccountsIds": [sub.pk, main.pk, sub.pk]},
    )

    account = Account.objects.get(name="Series")
    Account.objects.update(created_at=NOW)
    created = body.pop("createdAt")
    assert isinstance(created, int)
    assert (status, body) == (
        200,
        {
            "id": account.pk,
            "accountName": "Series",
            "token": secret("tgm_"),
            "planUts": 100,
            "authorizedAccountsIds": [sub.pk, main.pk],
        },
    )
    assert api.get(f"{METRICS}/{account.pk}") == (
        200,
        wire(account, authorizedAccountsIds=[sub.pk, main.pk]),
    )
    (membership,) = account.memberships.all()
    assert (membership.user, membership.role) == (admin, Role.ADMIN)


@pytest.mark.parametrize("asked", [{}, {"accountName": None}, {"accountName": ""}])
def test_create_names_an_account_without_a_name(admin, api, asked):
    status, body = api.post(METRICS, {"email": "admin@acme.example"} | asked)

    assert (status, body["accountName"]) == (200, "Acme_metrics")
    assert (body["planUts"], body["authorizedAccountsIds"]) == (0, [])
    assert api.post(METRICS, ASKED | {"accountName": "acme_metrics"}) == coded(
        "METRICS_ACCOUNT/DUPLICATE_NAME",
        "The organisation already has a metrics account named acme_metrics.",
    )


@pytest.mark.parametrize("email", ["nobody@acme.example", "outsider@other.example"])
def test_create_needs_an_admin_of_the_main_account(main, outsider, api, email):
    assert api.post(METRICS, ASKED | {"email": email}) == coded(
        "METRICS_ACCOUNT/UNKNOWN_EMAIL",
        "There is no registered user for the passed email",
    )


def test_create_and_update_authorize_accounts_of_the_organisation(
    main, metrics, admin, api
):
    another = metrics_of(main, name="Another")

    for pk in (MainFactory().pk, another.pk, 0):
        asked = ASKED | {"authorizedAccountsIds": [main.pk, pk]}
        assert api.post(METRICS, asked) == not_owned(pk)
        assert api.put(f"{METRICS}/{metrics.pk}", asked) == not_owned(pk)


def test_create_beyond_the_plan(admin, api):
    assert api.post(METRICS, ASKED | {"planUts": 10_001}) == coded(
        "METRICS_ACCOUNT/ILLEGAL_PLAN_REQUEST",
        "The plan does not add up: that is 1 time series more than the plan has left.",
        reason="that is 1 time series more than the plan has left",
    )


@pytest.mark.parametrize(
    ("asked", "name", "message"),
    [
        ({"email": None}, "email", "must be given"),
        (
            {"accountName": "a|b"},
            "accountName",
            'must match "^[A-Za-z0-9._ -]{1,100}$"',
        ),
        ({"planUts": -1}, "planUts", "Input should be greater than or equal to 0"),
        (
            {"planUts": 1.5},
            "planUts",
            "Input should be a valid integer, got a number with a fractional part",
        ),
    ],
)
def test_create_says_what_is_wrong(admin, api, asked, name, message):
    assert api.post(METRICS, ASKED | asked) == invalid(PATH, (name, message))


def test_update_changes_what_is_given(main, sub, metrics, api):
    address = f"{METRICS}/{metrics.pk}"
    readers = {"authorizedAccountsIds": [sub.pk, main.pk]}

    assert api.put(address, readers) == (200, wire(metrics, **readers))
    assert api.put(address, {"planUts": 150}) == (
        200,
        wire(metrics, planUts=150, **readers),
    )
    # Clients may give the name that it has, and nulls.
    renamed = {"accountName": "Metrics", "planUts": None, "authorizedAccountsIds": None}
    assert api.put(address, renamed) == (200, wire(metrics, planUts=150, **readers))
    unnamed = {"accountName": ""} | readers
    assert api.put(address, unnamed) == (200, wire(metrics, planUts=150, **readers))
    assert api.put(
        address, {"accountName": "Series", "authorizedAccountsIds": [], "email": "x"}
    ) == (200, wire(metrics, accountName="Series", planUts=150))


def test_names_that_nobody_gave_are_numbered(main, admin, api):
    ChildFactory(main=main, name="Acme_metrics_2")  # A sub, so no obstacle.
    names = [api.post(METRICS, ASKED)[1]["accountName"] for _ in range(3)]

    assert names == ["Acme_metrics", "Acme_metrics_2", "Acme_metrics_3"]


def test_a_name_that_nobody_gave_is_never_too_long(main, admin, api):
    lifecycle.edit_account(main, by=BY, name="A" * 100)
    names = [api.post(METRICS, ASKED)[1]["accountName"] for _ in range(2)]

    assert names == ["A" * 92 + "_metrics", "A" * 90 + "_metrics_2"]


def test_update_refuses_the_name_of_another(main, metrics, api):
    ChildFactory(main=main, kind=AccountKind.METRICS, name="Staging")

    assert api.put(f"{METRICS}/{metrics.pk}", {"accountName": "staging"}) == coded(
        "METRICS_ACCOUNT/DUPLICATE_NAME",
        "The organisation already has a metrics account named staging.",
    )


def test_delete(metrics, api):
    assert api.delete(f"{METRICS}/{metrics.pk}") == (200, None)
    assert api.get(f"{METRICS}/{metrics.pk}") == not_found(metrics.pk)
    assert api.delete(f"{METRICS}/{metrics.pk}") == (204, None)
