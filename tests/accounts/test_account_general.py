from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccountKind
from accounts.plans import Plan
from tests.factories import ChildFactory, MainFactory, MembershipFactory
from tokens.defaults import default_token


def general(account):
    return reverse("accounts:general", args=[account.pk])


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
def test_general_is_open_to_those_who_know_the_account(
    request, client, sub, person, status
):
    client.force_login(request.getfixturevalue(person))

    assert client.get(general(sub)).status_code == status


def test_general_shows_id_plan_and_addresses(client, main, member, settings):
    settings.LISTENER_URL = "https://logs.acme.example:8071"
    client.force_login(member)

    page = client.get(general(main)).content.decode()

    assert f'<copy-text data-text="{main.pk}">' in page
    assert '<copy-text data-text="https://logs.acme.example:8071">' in page
    assert f'<copy-text data-text="{settings.API_URL}">' in page
    assert "Pro" in page


@pytest.mark.parametrize("person", ["admin", "sub_admin"])
def test_general_offers_admins_the_default_token(request, client, sub, person):
    token = default_token(sub)
    client.force_login(request.getfixturevalue(person))

    page = client.get(general(sub)).content.decode()

    assert token.masked in page
    assert reverse("tokens:reveal", args=[sub.pk, token.pk]) in page
    assert "Whom to ask" not in page


def test_general_shows_staff_the_mask_only(client, sub, staff):
    token = default_token(sub)
    client.force_login(staff)

    page = client.get(general(sub)).content.decode()

    assert token.masked in page
    assert "/reveal/" not in page


def test_general_tells_others_whom_to_ask(client, main, admin, member):
    client.force_login(member)

    page = client.get(general(main)).content.decode()

    assert "Ada Admin" in page
    assert "mailto:admin@acme.example" in page
    assert default_token(main).masked not in page


def test_general_names_the_main_admins_where_there_are_none(client, sub, admin, member):
    client.force_login(member)

    assert "admin@acme.example" in client.get(general(sub)).content.decode()


def test_general_of_a_shut_account_keeps_its_token_from_the_main_admin(
    client, main, admin
):
    shut = ChildFactory(main=main, accessible=False)
    client.force_login(admin)

    page = client.get(general(shut)).content.decode()

    assert default_token(shut).masked not in page


def test_general_of_a_security_account_has_no_shipping_token(client, main, admin):
    security = ChildFactory(main=main, kind=AccountKind.SECURITY)
    client.force_login(admin)

    assert "Default token" not in client.get(general(security)).content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"suspended_at": "2026-01-01T00:00Z", "suspension_reason": "Unpaid"},
            "Unpaid",
        ),
        (
            {"suspended_at": "2026-01-01T00:00Z"},
            "none of its tokens works until it is reactivated",
        ),
    ],
)
def test_general_says_that_the_account_is_suspended(client, sub, admin, fields, words):
    type(sub).objects.filter(pk=sub.pk).update(**fields)
    client.force_login(admin)

    page = client.get(general(sub)).content.decode()

    assert words in page
    assert "Suspended" in page


@pytest.mark.parametrize("reason", ["Fraud", ""])
def test_general_says_that_the_organisation_is_suspended(client, sub, admin, reason):
    organisation = sub.organisation
    organisation.suspended_at = "2026-01-01T00:00Z"
    organisation.suspension_reason = reason
    organisation.save()
    client.force_login(admin)

    page = client.get(general(sub)).content.decode()

    assert "The organisation is suspended" in page
    assert reason in page


def test_general_of_a_deleted_account_is_for_staff(client, sub, admin, staff):
    type(sub).objects.filter(pk=sub.pk).update(deleted_at="2026-01-01T00:00Z")

    client.force_login(admin)
    assert client.get(general(sub)).status_code == 404

    client.force_login(staff)
    assert "None of its tokens works" in client.get(general(sub)).content.decode()


@pytest.mark.parametrize(("days", "words"), [(20, "Trial"), (-20, "trial ended")])
def test_general_tells_of_the_trial(client, db, days, words):
    ends = timezone.now() + timedelta(days=days)
    main = MainFactory(trial_ends_at=ends, plan=Plan.COMMUNITY)
    client.force_login(MembershipFactory(account=main).user)

    assert words in client.get(general(main)).content.decode()


@pytest.mark.parametrize("pk", ["0", "2147483648", "9" * 30])
def test_an_account_that_is_none_is_not_found(client, admin, pk):
    client.force_login(admin)

    assert client.get(f"/accounts/{pk}/general/").status_code == 404
