"""New accounts: who makes which, and what they then have."""

import re

import pytest
from django.urls import reverse

from accounts.models import Account, AuditEvent
from accounts.plans import Plan
from tests.factories import MainFactory, MembershipFactory


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("person", "status"), [("member", 403), ("sub_admin", 404), ("outsider", 404)]
)
def test_new_is_for_those_who_manage_accounts(
    request, client, sub, new, person, status, method
):
    client.force_login(request.getfixturevalue(person))

    assert getattr(client, method)(new).status_code == status
    assert getattr(client, method)(f"{new}find/").status_code in (status, 405)


@pytest.mark.parametrize("place", ["new/", "new/find/"])
def test_new_belongs_to_the_main_account(client, sub, staff, place):
    client.force_login(staff)

    assert client.post(f"/accounts/{sub.pk}/accounts/{place}").status_code == 404


@pytest.mark.parametrize("person", ["admin", "staff"])
@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (
            "sub",
            {"max_daily_gb": "2.5", "retention_days": "9"},
            {"max_daily_gb": 2.5, "retention_days": 9},
        ),
        ("metrics", {"plan_uts": "100"}, {"plan_uts": 100}),
        (
            "tracing",
            {"monthly_spans": "1000", "daily_multiplier": "4"},
            {"monthly_spans": 1000, "daily_multiplier": 4},
        ),
        (
            "security",
            {"is_using_repository_account": "on"},
            {"is_using_repository_account": True},
        ),
    ],
)
def test_new_creates_every_kind(
    request, client, main, new, person, kind, data, expected
):
    client.force_login(request.getfixturevalue(person))

    response = client.post(
        f"{new}?kind={kind}", {"name": "Fresh", "accessible": "on"} | data
    )

    account = Account.objects.get(name="Fresh")
    assert response.url == reverse("accounts:account_details", args=[account.pk])
    assert account.kind == kind
    assert account.organisation_id == main.organisation_id
    assert {name: getattr(account, name) for name in expected} == expected
    assert account.tokens.count() == (0 if kind == "security" else 1)
    assert AuditEvent.objects.get(account=account, action="account_created").user


def test_new_sub_account_has_its_advanced_settings(client, main, sub, new, admin):
    client.force_login(admin)

    client.post(
        new,
        {
            "name": "Fresh",
            "max_daily_gb": "1",
            "retention_days": "7",
            "utilization_frequency_minutes": "30",
            "doc_size_setting": "on",
            "sharing_objects_accounts": [str(main.pk), str(sub.pk)],
        },
    )

    account = Account.objects.get(name="Fresh")
    assert not account.accessible
    assert not account.searchable
    assert account.utilization_enabled
    assert account.utilization_frequency_minutes == 30
    assert account.doc_size_setting
    assert set(account.sharing_objects_accounts.all()) == {main, sub}


def test_new_flags_are_on_to_begin_with(client, new, admin):
    client.force_login(admin)

    page = client.get(new).content.decode()

    for flag in ("accessible", "searchable"):
        assert re.search(f'name="{flag}"[^>]*checked', page)


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"max_sub_accounts": 0}, "sub", "all of them are in use"),
        ({"plan": Plan.COMMUNITY}, "sub", "need the Pro or Enterprise plan"),
        ({"max_metrics_accounts": 0}, "metrics", "all of them are in use"),
    ],
)
def test_new_says_at_once_that_there_is_no_room(
    client, db, settings, fields, kind, words
):
    settings.PLAN_URL = "https://plans.example/"
    main = MainFactory(**fields)
    client.force_login(MembershipFactory(account=main).user)
    address = reverse("accounts:account_new", args=[main.pk])

    page = client.get(address, {"kind": kind}).content.decode()

    assert words in page
    assert "https://plans.example/" in page
    assert "Create account" not in page


def test_no_room_is_also_told_to_a_form_that_was_open(client, db):
    main = MainFactory(max_security_accounts=0)
    client.force_login(MembershipFactory(account=main).user)
    address = reverse("accounts:account_new", args=[main.pk])

    response = client.post(f"{address}?kind=security", {"name": "Fresh"})

    assert response.status_code == 409
    assert not Account.objects.filter(name="Fresh").exists()


@pytest.mark.parametrize("kind", ["", "main", "x\x00", "security"])
def test_new_reads_any_kind(client, new, admin, kind):
    client.force_login(admin)

    response = client.get(new, {"kind": kind})

    wanted = "security" if kind == "security" else "sub"
    assert response.context["kind"] == wanted
