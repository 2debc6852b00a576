import re

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from accounts.models import Membership
from accounts.web.logs import OneLineFormatter
from tests.factories import MembershipFactory

HX = {"HX-Request": "true"}


def page(account):
    return reverse("accounts:user_list", args=[account.pk])


def test_forbidden_names_the_admins(client, main, admin, member):
    client.force_login(member)

    plain = client.get(page(main))
    swapped = client.get(page(main), headers=HX)

    assert plain.status_code == swapped.status_code == 403
    assert "admin@acme.example" in plain.text
    assert "no-cache" in plain["Cache-Control"]
    assert swapped["HX-Refresh"] == "true"


def test_forbidden_names_the_main_accounts_admins_when_there_are_none(
    client, main, sub, admin
):
    user = MembershipFactory(account=sub, role="user").user
    client.force_login(user)

    text = client.get(page(sub)).text

    assert Membership.objects.filter(account=sub).count() == 1
    assert "admin@acme.example" in text


def test_unknown_address_is_told_plainly(client, db):
    response = client.get("/no/such/page/")

    assert response.status_code == 404
    assert "<h1>" in response.text


def test_unknown_account_looks_like_a_foreign_one(client, main, outsider):
    client.force_login(outsider)

    foreign = client.get(page(main))
    unknown = client.get(page(type(main)(pk=2**31)))

    assert foreign.status_code == unknown.status_code == 404


def test_missing_csrf_token_is_told_plainly(admin):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)

    response = client.post(reverse("accounts:profile"), {"full_name": "x"})

    assert response.status_code == 403
    assert "<h1>" in response.text


@pytest.mark.parametrize(
    ("referrer", "back"),
    [
        ("http://testserver/from/here/", "http://testserver/from/here/"),
        ("https://evil.example/", "/"),
        ("", "/"),
    ],
)
def test_refusal_leads_back_to_our_own_pages_only(client, main, admin, referrer, back):
    client.force_login(admin)
    own = main.memberships.get()
    url = reverse("accounts:user_suspend", args=[main.pk, own.pk])

    text = client.post(url, headers={"Referer": referrer}).text

    assert f'href="{back}"' in text
    assert "evil.example" not in text


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("headers", [{}, HX], ids=["plain", "htmx"])
def test_a_database_that_is_away_is_told_wherever_it_is_missed(
    as_admin, main, monkeypatch, method, headers
):
    as_admin.raise_request_exception = False

    def cursor():
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", cursor)
        response = getattr(as_admin, method)(page(main), headers=headers)

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "The database does not answer. Nothing was changed" in response.text
    assert response.get("HX-Retarget") == ("#notice" if headers else None)


def test_what_nobody_thought_of_is_another_matter(client, monkeypatch):
    client.raise_request_exception = False

    def fail():
        raise RuntimeError("a fault")

    monkeypatch.setattr("accounts.web.middleware.time.time", fail)
    response = client.get("/livez")

    assert response.status_code == 500
    assert "Something broke on our side" in response.text


def test_an_answer_and_what_is_logged_of_it_have_one_id(client, db, caplog):
    response = client.get("/no/such/page/")

    (record,) = [each for each in caplog.records if each.name == "django.request"]
    line = OneLineFormatter("%(message)s").format(record)
    assert line == f"[{response['X-Request-Id']}] Not Found: /no/such/page/"


def test_a_lost_csrf_cookie_is_told_with_a_way_on(admin):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    headers = HX | {"HX-Current-URL": "http://testserver/profile/"}

    response = client.post(reverse("accounts:profile"), {}, headers=headers)

    assert (response.status_code, response["HX-Retarget"]) == (403, "#notice")
    assert "what you typed is back" in response.text
    assert 'href="/profile/">Reload' in response.text


@pytest.mark.parametrize("address", ["/no/such/page/", "/accounts/{}/users/"])
def test_who_is_logged_in_keeps_header_and_switcher(client, main, member, address):
    client.force_login(member)

    known = client.get(address.format(main.pk))
    client.logout()
    stranger = client.get(address.format(main.pk), follow=True)

    assert known.status_code in (403, 404)
    assert 'id="switcher"' in known.text
    assert 'id="switcher"' not in stranger.text


def test_who_can_help_can_be_written_to(client, main, admin, member):
    client.force_login(member)

    assert 'href="mailto:admin@acme.example"' in client.get(page(main)).text


def failing(client, what, account):
    """Return a call of something that fails; `what` is the status, and how it is asked."""
    client.raise_request_exception = False
    users, own = page(account), account.memberships.get().pk
    suspend = reverse("accounts:user_suspend", args=[account.pk, own])
    return {
        "400": lambda: client.get("/", HTTP_HOST="evil.example"),
        "404": lambda: client.get("/no/such/page/"),
        "405": lambda: client.get(suspend),
        "409": lambda: client.post(suspend),
        "409 in the page": lambda: client.post(suspend, headers=HX),
        "503": lambda: client.get(users),
        "503 in the page": lambda: client.get(users, headers=HX),
        "500": lambda: client.get("/livez"),
    }[what]


@pytest.mark.parametrize(
    "what",
    [
        *("400", "404", "405", "409", "409 in the page"),
        *("500", "503", "503 in the page"),
    ],
)
def test_what_failed_is_told_with_the_id_that_the_log_has(
    as_admin, main, monkeypatch, caplog, what
):
    def gone():
        raise OperationalError("gone")

    ask = failing(as_admin, what, main)

    with monkeypatch.context() as patch:
        if what.startswith("503"):
            patch.setattr(connection, "cursor", gone)
        if what == "500":
            patch.setattr("accounts.web.health.HttpResponse", None)
        response = ask()

    assert response.status_code == int(what[:3])
    said = response["X-Request-Id"]
    assert re.search(rf"Request (<code>)?{said}\b", response.text)
    line = OneLineFormatter("%(message)s").format(caplog.records[-1])
    assert line.startswith(f"[{said}] ")


def test_who_may_not_is_told_the_id_of_the_request(client, main, admin, member):
    client.force_login(member)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin)

    responses = [
        client.get(page(main)),
        strict.post(reverse("accounts:profile"), {}),
        strict.post(reverse("accounts:profile"), {}, headers=HX),
    ]

    for response in responses:
        assert response.status_code == 403
        assert f"{response['X-Request-Id']}" in response.text
