"""Accounts are deleted, and restored by staff."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.lifecycle import delete_account
from accounts.models import AccountKind, AuditEvent
from tests.accounts.addresses import address
from tests.factories import (
    BY,
    ChildFactory,
    MembershipFactory,
    ShareFactory,
    TokenFactory,
    UserFactory,
)
from tokens.permissions import Use
from tokens.verification import verify

HTMX = {"HX-Request": "true"}


def test_delete_says_what_will_stop(client, sub, sub_admin, admin):
    TokenFactory.create_batch(2, account=sub)
    TokenFactory(account=sub).disable(by=BY)
    ShareFactory(account=sub)
    client.force_login(admin)

    page = client.get(address(sub, "delete")).content.decode()

    for words in (
        "2 API tokens",
        "1 log shipping token<",
        "1 shared token<",
        "1 member loses access here",
        "its data is no longer taken in",
        "for 30 days",
    ):
        assert words in page


def test_delete_of_an_account_where_nothing_works(client, main, admin):
    security = ChildFactory(main=main, kind=AccountKind.SECURITY)
    client.force_login(admin)

    page = client.get(address(security, "delete")).content.decode()

    assert "no token; none is enabled" in page
    assert "0 members lose access here" in page
    assert "its data" not in page


@pytest.mark.parametrize("person", ["admin", "staff"])
def test_delete_stops_the_account(request, confirmed, client, main, sub, person):
    token = TokenFactory(account=sub)
    confirmed(request.getfixturevalue(person))

    response = client.post(address(sub, "delete"))

    sub.refresh_from_db()
    listed = reverse("accounts:account_list", args=[main.pk])
    assert response.url == f"{listed}?kind=sub"
    assert sub.state == "deleted"
    assert verify(token.secret_text, Use.API) is None
    assert AuditEvent.objects.filter(action="account_deleted", account=sub).exists()


def test_delete_asks_for_the_password_and_then_goes_on(client, sub, admin):
    admin.set_password("correct horse battery")
    admin.save()
    client.force_login(admin)

    asked = client.post(address(sub, "delete"))
    sub.refresh_from_db()
    assert sub.state == "active"
    assert asked.url.startswith("/reauthenticate/?next=")

    done = client.post(asked.url, {"password": "correct horse battery"})
    sub.refresh_from_db()
    assert sub.state == "deleted"
    assert done.status_code == 302


def test_delete_is_not_done_with_a_wrong_password(client, sub, admin):
    admin.set_password("correct horse battery")
    admin.save()
    client.force_login(admin)

    asked = client.post(address(sub, "delete"))
    client.post(asked.url, {"password": "wrong"})

    sub.refresh_from_db()
    assert sub.state == "active"


@pytest.mark.parametrize(
    ("headers", "back"),
    [
        ({"HX-Current-URL": "http://testserver/accounts/1/accounts/?q=a"}, "%3Fq%3Da"),
        ({}, "next=%2F"),
    ],
)
def test_delete_leads_htmx_to_the_password(client, sub, headers, back, main):
    user = UserFactory(password="correct horse battery")
    MembershipFactory(account=main, user=user)
    client.force_login(user)

    response = client.post(address(sub, "delete"), headers=HTMX | headers)

    sub.refresh_from_db()
    assert response.status_code == 401
    assert response["HX-Redirect"].startswith("/reauthenticate/?next=")
    assert back in response["HX-Redirect"]
    assert sub.state == "active"


def test_a_deleted_account_is_gone_for_its_people(confirmed, client, sub, admin):
    confirmed(admin)
    client.post(address(sub, "delete"))

    assert client.get(address(sub, "details")).status_code == 404
    assert client.post(address(sub, "delete")).status_code == 404


@pytest.mark.parametrize("person", ["admin", "member", "sub_admin", "outsider"])
def test_restore_does_not_exist_for_people(request, client, sub, person):
    delete_account(sub, by=BY)
    client.force_login(request.getfixturevalue(person))

    assert client.post(address(sub, "restore")).status_code == 404


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_staff_restore_an_account(client, sub, staff, headers):
    token = TokenFactory(account=sub)
    delete_account(sub, by=BY)
    client.force_login(staff)

    response = client.post(address(sub, "restore"), headers=headers)

    sub.refresh_from_db()
    assert response.url == address(sub, "details")
    assert sub.state == "active"
    assert verify(token.secret_text, Use.API) == token


def test_restore_says_when_the_name_is_taken(client, main, sub, staff):
    delete_account(sub, by=BY)
    ChildFactory(main=main, name="staging")
    client.force_login(staff)

    response = client.post(address(sub, "restore"))

    sub.refresh_from_db()
    assert response.status_code == 409
    assert "already has a sub account named Staging" in response.content.decode()
    assert sub.state == "deleted"


def test_restore_ends_after_thirty_days(client, sub, staff):
    long_ago = timezone.now() - timedelta(days=31)
    type(sub).objects.filter(pk=sub.pk).update(deleted_at=long_ago)
    client.force_login(staff)

    assert client.post(address(sub, "restore")).status_code == 409
