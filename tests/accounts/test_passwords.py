"""Passwords, as people change, reset and repeat them."""

import re

import pytest
from django.urls import reverse

from accounts.models import Action, OutgoingMail
from accounts.signing_in.adapters import AccountAdapter
from tests.accounts.mails import said
from tests.accounts.signing_in import OTHER, PASSWORD, events, sign_in


def test_password_change_is_audited_and_ends_other_sessions(client, dana, mailoutbox):
    elsewhere = type(client)()
    sign_in(elsewhere)
    sign_in(client)

    response = client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER},
    )

    dana.refresh_from_db()
    assert response.status_code == 302
    assert dana.check_password(OTHER)
    assert client.get(reverse("accounts:profile")).status_code == 200
    assert elsewhere.get(reverse("accounts:profile")).status_code == 302
    assert [event.user for event in events(Action.PASSWORD_CHANGED)] == [dana]
    assert [mail.to for mail in mailoutbox] == [[dana.email]]
    assert OTHER not in mailoutbox[0].body


@pytest.mark.parametrize("new", ["short", "password1", "", OTHER + "\x00"])
def test_password_change_refuses_weak_ones(client, dana, new):
    sign_in(client)

    client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )

    dana.refresh_from_db()
    assert dana.check_password(PASSWORD)
    assert events(Action.PASSWORD_CHANGED) == []


def test_password_is_reset_by_mail(client, dana, mailoutbox):
    client.post(reverse("account_reset_password"), {"email": dana.email.upper()})
    address = re.search(r"http://127.0.0.1:8000(\S+)", mailoutbox[0].body)[1]

    form = client.get(address, follow=True)
    done = client.post(form.wsgi_request.path, {"password1": OTHER, "password2": OTHER})

    dana.refresh_from_db()
    assert done.status_code == 302
    assert dana.check_password(OTHER)
    assert "link is used up" in client.get(address, follow=True).text
    assert len(events(Action.PASSWORD_CHANGED)) == 1


def test_password_reset_tells_nobody_who_exists(client, dana, mailoutbox):
    url = reverse("account_reset_password")

    known = client.post(url, {"email": dana.email})
    unknown = client.post(url, {"email": "stranger@x.example"})

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert [mail.to for mail in mailoutbox] == [[dana.email], ["stranger@x.example"]]
    assert "Nobody signs in" in said(mailoutbox[1])


def test_password_set_without_a_request_is_of_the_console(dana):
    AccountAdapter(None).set_password(dana, OTHER)

    (event,) = events(Action.PASSWORD_CHANGED)
    assert (event.actor_label, event.user) == ("operator console", None)


def test_mail_server_that_is_away_undoes_nothing(client, dana, monkeypatch, caplog):
    def away(*args, **kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", away)
    sign_in(client)
    passwords = {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER}

    changed = client.post(reverse("account_change_password"), passwords)
    reset = client.post(reverse("account_reset_password"), {"email": dana.email})

    dana.refresh_from_db()
    assert changed.status_code == 302
    assert dana.check_password(OTHER)
    assert "could not be sent" in caplog.text
    assert reset.status_code == 302
    assert OutgoingMail.objects.filter(address=dana.email).count() == 2


def test_wrong_password_does_not_reauthenticate(client, dana):
    sign_in(client)

    wrong = client.post(reverse("account_reauthenticate"), {"password": "wrong"})
    page = client.get(reverse("mfa_activate_totp"))

    assert wrong.status_code == 200
    assert page.url.startswith(reverse("account_reauthenticate"))
