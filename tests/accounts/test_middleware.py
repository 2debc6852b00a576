from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import InterfaceError, OperationalError
from django.urls import reverse

from accounts.rule_violations import RuleViolation, Stale, Unavailable
from tests.factories import TokenFactory
from tokens.api.logzio import log_tokens

HX = {"HX-Request": "true"}


@pytest.fixture
def page(main):
    return reverse("accounts:user_list", args=[main.pk])


@pytest.fixture
def failing(monkeypatch):
    """Let the list of users end in an exception."""

    def fail(exception):
        def view(*args):
            raise exception

        monkeypatch.setattr("accounts.views.users._page", view)

    return fail


def test_login_is_asked_of_pages_and_of_htmx(client, page):
    plain = client.get(page)
    swapped = client.get(page, headers=HX)

    assert (plain.status_code, plain.url) == (302, f"/login/?next={page}")
    assert (swapped.status_code, swapped["HX-Redirect"]) == (
        401,
        f"/login/?next={page}",
    )


def test_api_is_left_alone(client, db):
    assert client.get("/v2/whoami").status_code == 403


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Kathmandu", "2 Jan 2026, 04:44:00"),
        ("UTC", "1 Jan 2026, 22:59:00"),
        ("Nowhere/Land", "1 Jan 2026, 22:59:00"),
        ("../../etc/passwd", "1 Jan 2026, 22:59:00"),
    ],
)
def test_times_are_in_the_zone_of_the_browser(client, main, admin, zone, shown):
    with time_machine.travel("2026-01-01 22:59:00Z", tick=False):
        client.force_login(admin)
        client.post(reverse("accounts:profile"), {"full_name": "Ada A."})
        client.cookies["tollgate_zone"] = zone
        text = client.get(reverse("accounts:audit_list", args=[main.pk])).text

    assert shown in text
    assert "Thu 1 Jan 2026 22:59:00 UTC" in text


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (RuleViolation("no", "That cannot be."), 409),
        (Stale("That cannot be."), 412),
        (Unavailable("no", "That cannot be."), 503),
        (OperationalError("gone"), 503),
        (InterfaceError("closed"), 503),
    ],
)
def test_refusals_are_told_as_page_and_as_notice(
    client, admin, page, failing, refusal, status
):
    client.force_login(admin)
    failing(refusal)

    plain = client.get(page)
    swapped = client.get(page, headers=HX)

    assert plain.status_code == swapped.status_code == status
    assert "<!doctype html>" in plain.text
    assert "<!doctype html>" not in swapped.text
    assert swapped["HX-Retarget"] == "#notice"
    assert swapped["HX-Reselect"] == "unset"
    assert ("Retry-After" in plain) == (status == 503)


def test_other_errors_are_not_hidden(client, admin, page, failing):
    client.force_login(admin)
    failing(ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        client.get(page)


def test_reauthentication_comes_back_to_the_page_htmx_acts_in(client, main, admin):
    admin.set_password("known")
    admin.save()
    client.force_login(admin)
    export = reverse("accounts:audit_export", args=[main.pk])

    there = client.get(export, headers=HX | {"HX-Current-URL": "http://testserver/x/"})
    nowhere = client.get(export, headers=HX)

    assert there.status_code == nowhere.status_code == 401
    assert there["HX-Redirect"] == "/reauthenticate/?next=%2Fx%2F"
    assert nowhere["HX-Redirect"] == "/reauthenticate/?next=%2F"


def test_last_account_is_remembered_once(client, admin, main, page):
    client.force_login(admin)

    first = client.get(page)
    second = client.get(page)

    assert first.cookies["tollgate_account"].value == str(main.pk)
    assert "account" not in second.cookies


def test_last_account_is_not_one_that_was_forbidden(client, member, page):
    client.force_login(member)

    assert "account" not in client.get(page).cookies


def test_sessions_are_noted_once_a_minute(client, admin):
    profile = reverse("accounts:profile")

    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        client.force_login(admin)
        client.get(profile)
        clock.shift(59)
        client.get(profile, REMOTE_ADDR="203.0.113.9")
        early = UserSession.objects.get().ip
        clock.shift(1)
        client.get(profile, REMOTE_ADDR="203.0.113.9")

    assert (early, UserSession.objects.get().ip) == ("127.0.0.1", "203.0.113.9")


def test_strangers_have_no_session_row(client, db):
    client.get(reverse("account_login"))

    assert not UserSession.objects.exists()


@pytest.mark.parametrize(
    ("path", "status"), [("/v2/whoami", 403), ("/v1/nowhere", 404), ("/api/nope", 404)]
)
def test_calls_of_the_api_ask_for_no_session(
    client, admin, path, status, django_assert_num_queries
):
    client.force_login(admin)

    with django_assert_num_queries(0):
        response = client.get(path)

    assert (response.status_code, "Vary" in response) == (status, False)


def test_a_session_that_ends_meanwhile_spoils_no_call_of_the_api(
    client, main, admin, monkeypatch
):
    client.force_login(admin)
    headers = {"X-API-TOKEN": TokenFactory(account=main).secret_text}
    show = log_tokens._shown

    def show_and_end(*args):
        Session.objects.all().delete()
        return show(*args)

    monkeypatch.setattr(log_tokens, "_shown", show_and_end)
    response = client.post(
        "/v1/log-shipping/tokens",
        {"name": "invoices"},
        content_type="application/json",
        headers=headers,
    )

    assert response.status_code == 201
    assert not UserSession.objects.exists()


def test_nothing_that_a_person_was_shown_is_stored(client, admin, page):
    asked = client.get(page)
    client.force_login(admin)
    shown = client.get(page)

    assert "no-store" in asked["Cache-Control"]
    assert "no-store" in shown["Cache-Control"]


@pytest.mark.parametrize(
    ("headers", "back"),
    [
        (
            {"HX-Request": "true", "HX-Current-URL": "http://testserver/x/?a=b"},
            "/x/?a=b",
        ),
        ({"Referer": "http://testserver/x/?a=b"}, "/x/?a=b"),
        ({"Referer": "http://evil.example/x/"}, "/"),
        ({"HX-Request": "true", "HX-Current-URL": "http://evil.example/x/"}, "/"),
        ({}, "/"),
    ],
)
def test_login_leads_back_to_the_page_that_a_form_stood_on(client, page, headers, back):
    response = client.post(f"{page}add/", headers=headers)

    address = response.headers.get("HX-Redirect") or response.url
    assert parse_qs(urlsplit(address).query) == {"next": [back]}


@pytest.mark.parametrize(("address", "home"), [("add/", True), ("/theme/", False)])
def test_where_only_forms_send_to_is_said_on_a_page(client, main, admin, address, home):
    client.force_login(admin)

    users = reverse("accounts:user_list", args=[main.pk])
    response = client.get(urljoin(users, address))

    assert (response.status_code, response["Allow"]) == (405, "POST")
    there = reverse("accounts:general", args=[main.pk]) if home else "/"
    assert f'href="{there}">To ' in response.text
