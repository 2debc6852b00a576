import pytest
from django.urls import reverse

from accounts.lifecycle import edit_account
from accounts.models import AccountKind
from tests.factories import BY, ChildFactory, MainFactory, MembershipFactory
from tokens.defaults import default_token


def details(account):
    return reverse("accounts:account_details", args=[account.pk])


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("admin", 200),
        ("member", 200),
        ("sub_admin", 200),
        ("staff", 200),
        ("outsider", 404),
    ],
)
def test_details_are_open_to_those_who_know_the_account(
    request, client, sub, person, status
):
    client.force_login(request.getfixturevalue(person))

    assert client.get(details(sub)).status_code == status


@pytest.mark.parametrize(
    ("person", "offered"),
    [
        ("admin", {"edit", "suspend", "delete", "users", "audit"}),
        ("staff", {"edit", "suspend", "delete", "users", "audit"}),
        ("sub_admin", {"users", "audit"}),
        ("member", set()),
    ],
)
def test_details_offer_what_the_person_may_do(request, client, sub, person, offered):
    client.force_login(request.getfixturevalue(person))

    page = client.get(details(sub)).content.decode()

    verbs = {"edit", "suspend", "delete", "users", "audit"}
    assert {verb for verb in verbs if f"/accounts/{sub.pk}/{verb}/" in page} == offered


def test_details_copy_the_default_token(client, sub, admin):
    token = default_token(sub)
    client.force_login(admin)

    page = client.get(details(sub)).content.decode()

    assert reverse("tokens:reveal", args=[sub.pk, token.pk]) in page


def test_details_lead_back_to_the_list(client, main, sub, admin, member):
    address = reverse("accounts:account_list", args=[main.pk])

    client.force_login(admin)
    assert f"{address}?kind=sub" in client.get(details(sub)).content.decode()
    assert address in client.get(details(main)).content.decode()

    client.force_login(member)
    assert address not in client.get(details(main)).content.decode()


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        (AccountKind.METRICS, {"plan_uts": 1234}, "1,234"),
        (AccountKind.TRACING, {"monthly_spans": 5678}, "5,678"),
        (AccountKind.SECURITY, {}, "not used"),
        (AccountKind.SUB, {"max_daily_gb": 1.5}, "1.5 GB"),
        (AccountKind.SUB, {"retention_days": 1}, "1 day"),
        (AccountKind.SUB, {"searchable": False}, "not searchable"),
        (
            AccountKind.SUB,
            {"utilization_enabled": True, "utilization_frequency_minutes": 30},
            "every 30 minutes",
        ),
    ],
)
def test_details_show_the_fields_of_the_kind(client, main, admin, kind, fields, words):
    account = ChildFactory(main=main, kind=kind, **fields)
    client.force_login(admin)

    assert words in client.get(details(account)).content.decode()


@pytest.mark.parametrize(("accessible", "told"), [(True, False), (False, True)])
def test_details_say_what_a_shut_account_keeps_from_the_api(
    client, main, admin, accessible, told
):
    account = ChildFactory(main=main, accessible=accessible)
    client.force_login(admin)

    page = client.get(details(account)).content.decode()

    assert ("<code>account_token</code> is empty" in page) == told


def test_details_of_a_tracing_account_show_its_usage_limit(client, db):
    main = MainFactory(is_consumption=True)
    account = ChildFactory(main=main, kind=AccountKind.TRACING, soft_limit_gb=0)
    client.force_login(MembershipFactory(account=main).user)

    assert "0 GB a day" in client.get(details(account)).content.decode()


def test_details_show_warm_tier_and_usage_limit(client, db):
    main = MainFactory(warm_tier=True, is_consumption=True)
    edit_account(main, by=BY, snap_search_retention_days=20)
    account = ChildFactory(
        main=main, soft_limit_gb=12, snap_search_retention_days=20, retention_days=14
    )
    client.force_login(MembershipFactory(account=main).user)

    page = client.get(details(account)).content.decode()

    assert "14 days, then 20 in the warm tier" in page
    assert "12 GB a day" in page


def test_details_cut_long_lists(client, main, admin, monkeypatch):
    monkeypatch.setattr("accounts.views.accounts.LISTED", 1)
    others = [ChildFactory(main=main, name=name) for name in ("One", "Two", "Three")]
    security = ChildFactory(
        main=main, kind=AccountKind.SECURITY, accounts_to_scan=others
    )
    client.force_login(admin)

    page = client.get(details(security)).content.decode()

    assert "<bdi>One</bdi> and 2 more" in page


def test_details_of_a_deleted_account_offer_to_restore_it(client, sub, staff):
    type(sub).objects.filter(pk=sub.pk).update(deleted_at="2026-01-01T00:00Z")
    client.force_login(staff)

    page = client.get(details(sub)).content.decode()

    assert f"/accounts/{sub.pk}/restore/" in page
    assert f"/accounts/{sub.pk}/edit/" not in page


def test_details_of_a_suspended_account_offer_to_reactivate_it(client, sub, admin):
    type(sub).objects.filter(pk=sub.pk).update(suspended_at="2026-01-01T00:00Z")
    client.force_login(admin)

    page = client.get(details(sub)).content.decode()

    assert f"/accounts/{sub.pk}/reactivate/" in page
    assert f"/accounts/{sub.pk}/suspend/" not in page
