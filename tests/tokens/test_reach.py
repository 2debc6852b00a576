"""Which accounts a token reaches, and whose tokens an admin sees."""

import pytest

from accounts.lifecycle import (
    delete_account,
    edit_account,
    suspend_account,
)
from accounts.models import AccountKind
from tests.factories import BY, ChildFactory, MainFactory, TokenFactory
from tokens.kinds import Kind
from tokens.permissions import (
    reach,
    visible_to_main_admin,
)


@pytest.fixture
def family(main, sub):
    """Accounts of every kind and flag, by name."""

    def child(name, **fields):
        return ChildFactory(main=main, name=name, **fields)

    accounts = [
        main,
        sub,
        child("Hidden", searchable=False),
        child("Shut", accessible=False),
        child("Metrics", kind=AccountKind.METRICS, authorized_accounts=[sub]),
        child("Tracing", kind=AccountKind.TRACING),
        child("Siem", kind=AccountKind.SECURITY, accounts_to_scan=[sub]),
    ]
    MainFactory(name="Stranger")
    return {account.name: account for account in accounts}


@pytest.mark.parametrize(
    ("name", "reached"),
    [
        ("Acme", {"Acme", "Staging", "Metrics", "Tracing"}),
        ("Staging", {"Staging", "Metrics"}),
        ("Hidden", {"Hidden"}),
        ("Shut", {"Shut"}),
        ("Metrics", {"Metrics"}),
        ("Tracing", {"Tracing"}),
        ("Siem", {"Siem", "Staging"}),
    ],
)
def test_reach_of_an_api_token(family, name, reached):
    token = TokenFactory(account=family[name])

    assert {account.name for account in reach(token)} == reached


def test_reach_follows_a_flag_at_once(family):
    token = TokenFactory(account=family["Acme"])
    edit_account(family["Staging"], by=BY, searchable=False)

    assert {account.name for account in reach(token)} == {"Acme", "Metrics", "Tracing"}


def test_what_is_suspended_or_deleted_is_out_of_reach(family):
    token = TokenFactory(account=family["Acme"])
    suspend_account(family["Staging"], by=BY)
    delete_account(family["Tracing"], by=BY)

    assert {account.name for account in reach(token)} == {"Acme", "Metrics"}


@pytest.mark.parametrize("kind", [AccountKind.METRICS, AccountKind.TRACING])
def test_where_metrics_and_traces_are_nothing_else_is_read(main, kind):
    reader = ChildFactory(main=main, kind=kind)
    ChildFactory(main=main, kind=AccountKind.METRICS, authorized_accounts=[reader])

    assert list(reach(TokenFactory(account=reader))) == [reader]


@pytest.mark.parametrize("kind", [Kind.LOGS, Kind.GATEWAY])
def test_other_kinds_reach_nothing(main, kind):
    account = None if kind == Kind.GATEWAY else main

    assert list(reach(TokenFactory(account=account, kind=kind))) == []


def test_admin_oversees_what_is_accessible(family, admin, staff):
    main = family["Acme"]

    assert {each.name for each in visible_to_main_admin(main, admin)} == set(family) - {
        "Shut"
    }
    assert {each.name for each in visible_to_main_admin(main, staff)} == set(family)
