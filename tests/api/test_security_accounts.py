"""POST /v2/account-management/siem: recorded requests and their answers."""

import pytest

from accounts.models import Account, AccountKind, Role
from tests.api.calls import FORBIDDEN, Api, Like, coded, invalid
from tests.factories import ChildFactory, MainFactory

SIEM = "/v2/account-management/siem"
ASKED = {"accountName": "Watch", "email": "admin@acme.example"}
ISO = Like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_create(main, sub, admin, api):
    asked = {"accountsToScan": [sub.pk, main.pk], "isUsingRepositoryAccount": "true"}

    status, body = api.post(SIEM, ASKED | asked)

    account = Account.objects.get(name="Watch")
    assert (status, body) == (
        200,
        {
            "accountId": account.pk,
            "accountName": "Watch",
            "accountsToScan": [sub.pk, main.pk],
            "createdAt": ISO,
            "isUsingRepositoryAccount": True,
        },
    )
    assert body["createdAt"] == f"{account.created_at:%Y-%m-%dT%H:%M:%SZ}"
    assert account.kind == AccountKind.SECURITY
    assert set(account.accounts_to_scan.all()) == {main, sub}
    (membership,) = account.memberships.all()
    assert (membership.user, membership.role) == (admin, Role.ADMIN)


@pytest.mark.parametrize("asked", [{}, {"accountsToScan": None}])
def test_create_scans_the_main_account_when_nothing_is_said(main, admin, api, asked):
    status, body = api.post(SIEM, ASKED | asked)

    assert (status, body["accountsToScan"]) == (200, [main.pk])
    assert body["isUsingRepositoryAccount"] is False


def test_create_scans_nothing_when_that_is_said(admin, api):
    assert api.post(SIEM, ASKED | {"accountsToScan": []})[1]["accountsToScan"] == []


def test_create_scans_log_accounts_of_the_organisation(main, admin, api):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS)

    for pk in (metrics.pk, MainFactory().pk, 0):
        assert api.post(SIEM, ASKED | {"accountsToScan": [pk]}) == invalid(
            "/account-management/siem",
            ("accountsToScan", f"account {pk} not found"),
        )


def test_create_needs_an_admin_of_the_main_account(main, outsider, api):
    assert api.post(SIEM, ASKED | {"email": outsider.email}) == coded(
        "SIEM/UNKNOWN_EMAIL", "Email must belong to an existing user"
    )


def test_create_refuses_a_name_twice(main, admin, api):
    ChildFactory(main=main, kind=AccountKind.SECURITY, name="Staging")

    assert api.post(SIEM, ASKED | {"accountName": "staging"}) == coded(
        "SIEM/DUPLICATE_NAME",
        "The organisation already has a security account named staging.",
    )


def test_create_says_what_is_missing(api):
    assert api.post(SIEM, {}) == invalid(
        "/account-management/siem",
        ("accountName", "must be given"),
        ("email", "must be given"),
    )


def test_the_token_of_a_child_gets_403(main, admin, sub_api):
    security = ChildFactory(main=main, kind=AccountKind.SECURITY)

    assert sub_api.post(SIEM, ASKED) == FORBIDDEN
    assert Api.of(security).post(SIEM, ASKED) == FORBIDDEN
