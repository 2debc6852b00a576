"""Login, passwords, second factors and sessions, as allauth and our adapters do them."""

import re

import pytest
import time_machine
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from django.urls import reverse

from accounts.adapters import AccountAdapter
from accounts.models import Action, AuditEvent, User
from accounts.refusals import Unavailable
from tests.factories import MembershipFactory, UserFactory

PASSWORD = "correct horse battery"
OTHER = "staple tortoise lamp"


@pytest.fixture
def dana(main):
    """An admin who has a password."""
    user = UserFactory(email="dana@acme.example", password=PASSWORD)
    return MembershipFactory(account=main, user=user).user


def sign_in(client, email="dana@acme.example", password=PASSWORD, **extra):
    url = reverse("account_login")
    return client.post(url, {"login": email, "password": password}, **extra)


def events(action):
    return list(AuditEvent.objects.filter(action=action).order_by("pk"))


def code(user):
    secret = Authenticator.objects.get(user=user, type="totp").wrap()
    seed = get_mfa_adapter().decrypt(secret.instance.data["secret"])
    return code_of(seed)


@pytest.fixture
def activate(client, dana):
    """Turn the authenticator app on as a person does, and return its seed."""

    def act():
        sign_in(client)
        place = f"{reverse('account_reauthenticate')}?next=/profile/"
        client.post(place, {"password": PASSWORD})
        url = reverse("mfa_activate_totp")
        seed = client.get(url).context["form"].secret
        client.post(url, {"code": code_of(seed)})
        return seed

    return act


def code_of(seed):
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(seed, counter))


# Signing in and out


def test_login_is_audited_in_each_organisation(client, dana, main, outsider):
    other = outsider.memberships.get().account
    MembershipFactory(account=other, user=dana)

    response = sign_in(client, email=" DANA@acme.example")

    assert (response.status_code, response.url) == (302, "/")
    assert {event.account for event in events(Action.LOGIN)} == {main, other}
    assert events(Action.LOGIN)[0].user == dana


def test_login_of_somebody_without_accounts_is_audited_too(client, db):
    UserFactory(email="lonely@x.example", password=PASSWORD)

    sign_in(client, "lonely@x.example")

    (event,) = events(Action.LOGIN)
    assert (event.account, event.organisation) == (None, None)


def test_login_in_two_accounts_of_one_organisation_is_one_event(
    client, dana, main, sub
):
    MembershipFactory(account=sub, user=dana)

    sign_in(client)

    assert [event.account for event in events(Action.LOGIN)] == [main]


def test_failed_login_is_audited_without_what_was_typed(client, dana, main):
    wrong = sign_in(client, password="wrong-secret-value")
    unknown = sign_in(client, email="hunter2-in-the-wrong-field@x.example")

    assert wrong.status_code == unknown.status_code == 200
    known, stranger = events(Action.LOGIN_FAILED)
    assert (known.account, known.target, known.user) == (main, dana.email, None)
    assert (stranger.account, stranger.target) == (None, "unknown e-mail")
    kept = str(list(AuditEvent.objects.values()))
    assert "hunter2" not in kept
    assert "wrong-secret-value" not in kept


@pytest.mark.parametrize(
    "email", ["", "x", "a\x00b@x.example", "x" * 5000, "é@ü.example"]
)
def test_login_takes_any_input(client, db, email):
    assert sign_in(client, email).status_code == 200


def test_login_is_refused_to_the_deactivated(client, dana):
    User.objects.update(is_active=False)

    sign_in(client)

    assert "_auth_user_id" not in client.session


def test_login_is_limited_per_person(client, dana):
    for _ in range(5):
        sign_in(client, password="wrong")

    response = sign_in(client)

    assert "_auth_user_id" not in client.session
    assert "Too many failed login attempts" in response.text
    assert len(events(Action.LOGIN_FAILED)) == 5


def test_login_needs_a_client_address(client, dana):
    assert sign_in(client, REMOTE_ADDR="").status_code == 403


def test_login_leads_on_to_our_own_pages_only(client, dana):
    url = reverse("account_login")
    data = {"login": dana.email, "password": PASSWORD, "next": "https://evil.example/"}

    assert client.post(url, data).url == "/"


def test_logout_is_audited_and_needs_post(client, dana):
    sign_in(client)

    asked = client.get(reverse("account_logout"))
    still = client.get(reverse("accounts:profile")).status_code
    client.post(reverse("account_logout"))

    assert asked.status_code == still == 200
    assert client.get(reverse("accounts:profile")).status_code == 302
    assert [event.user for event in events(Action.LOGOUT)] == [dana]


def test_logout_of_nobody_is_no_event(rf):
    request = rf.post("/logout/")
    request.user = type("Nobody", (), {"is_authenticated": False})()
    request.session = type("Session", (), {"flush": lambda self: None})()

    AccountAdapter(request).logout(request)


@pytest.mark.parametrize(
    "address",
    [
        "/signup/",
        "/email/",
        "/confirm-email/",
        "/confirm-email/abc:def/",
        "/login/code/confirm/",
        "/password/set/",
        "/3rdparty/",
        "/login/code/",
        "/signup/passkey/",
        "/2fa/webauthn/signup/",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("signed_in", [True, False])
def test_what_is_not_offered_does_not_exist(client, dana, address, method, signed_in):
    if signed_in:
        client.force_login(dana)

    assert getattr(client, method)(address).status_code == 404


def test_nobody_signs_themselves_up(rf):
    assert AccountAdapter(rf.get("/")).is_open_for_signup(None) is False


# Passwords


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
    address = re.search(r"http://testserver(\S+)", mailoutbox[0].body)[1]

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
    assert "Nobody signs in" in mailoutbox[1].body


def test_password_set_without_a_request_is_of_the_console(dana):
    AccountAdapter(None).set_password(dana, OTHER)

    (event,) = events(Action.PASSWORD_CHANGED)
    assert (event.actor_label, event.user) == ("operator console", None)


# Second factors


@pytest.mark.django_db(transaction=True)
def test_totp_is_kept_sealed_and_audited(activate, mailoutbox):
    seed = activate()

    kept = Authenticator.objects.get(type="totp")
    assert seed not in str(kept.data)
    assert get_mfa_adapter().decrypt(kept.data["secret"]) == seed
    changes = [event.data["what"] for event in events(Action.MFA_CHANGED)]
    assert changes == ["totp activated"]
    assert seed not in "".join(mail.body for mail in mailoutbox)


def test_totp_is_asked_at_the_next_login(client, dana, activate):
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        activate()
        client.logout()
        clock.shift(300)
        first = sign_in(client)
        half = client.get(reverse("accounts:profile")).status_code
        wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
        second = client.post(reverse("mfa_authenticate"), {"code": code(dana)})
        whole = client.get(reverse("accounts:profile")).status_code

    assert first.url == reverse("mfa_authenticate")
    assert (half, whole) == (302, 200)
    assert wrong.status_code == 200
    assert second.url == "/"


def test_recovery_code_opens_once(client, activate):
    activate()
    page = client.get(reverse("mfa_view_recovery_codes"))
    recovery = page.context["unused_codes"][0]
    data = str(list(Authenticator.objects.values_list("data", flat=True)))
    client.logout()

    sign_in(client)
    used = client.post(reverse("mfa_authenticate"), {"code": recovery})
    client.logout()
    sign_in(client)
    again = client.post(reverse("mfa_authenticate"), {"code": recovery})

    assert recovery not in data
    assert used.url == "/"
    assert again.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_totp_is_turned_off_with_an_event(client, activate):
    activate()

    client.post(reverse("mfa_deactivate_totp"))

    assert not Authenticator.objects.filter(type="totp").exists()
    changes = [event.data["what"] for event in events(Action.MFA_CHANGED)]
    assert "totp deactivated" in changes


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
    assert "A notice could not be mailed" in caplog.text
    assert reset.status_code == 503
    assert "could not be sent" in reset.text


def test_seed_under_a_lost_key_is_unavailable(client, dana, settings):
    sealed = get_mfa_adapter().encrypt("seed")
    other = settings.TOLLGATE_ENC_KEYS.replace("1:", "2:")
    settings.TOLLGATE_ENC_KEYS = other

    with pytest.raises(Unavailable, match="cannot be checked right now"):
        get_mfa_adapter().decrypt(sealed)


@pytest.mark.parametrize(
    "name",
    [
        "mfa_index",
        "mfa_activate_totp",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "mfa_generate_recovery_codes",
        "usersessions_list",
        "account_change_password",
        "account_reauthenticate",
    ],
)
def test_pages_of_ones_own_open_after_reauthentication(client, dana, name):
    sign_in(client)
    client.post(
        reverse("account_reauthenticate") + "?next=/profile/", {"password": PASSWORD}
    )

    response = client.get(reverse(name), follow=True)

    assert response.status_code == 200
    assert "Tollgate" in response.text


def test_wrong_password_does_not_reauthenticate(client, dana):
    sign_in(client)

    wrong = client.post(reverse("account_reauthenticate"), {"password": "wrong"})
    page = client.get(reverse("mfa_activate_totp"))

    assert wrong.status_code == 200
    assert page.url.startswith(reverse("account_reauthenticate"))


def test_passkeys_are_offered_at_login(client, db):
    by_script = {"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"}

    answer = client.get(reverse("mfa_login_webauthn"), headers=by_script)

    assert "challenge" in answer.json()["request_options"]["publicKey"]
    assert "passkey" in client.get(reverse("account_login")).text


# Sessions


def test_other_sessions_are_listed_and_ended(client, dana):
    elsewhere = type(client)(headers={"User-Agent": "Elsewhere/1.0"})
    sign_in(elsewhere)
    sign_in(client)

    page = client.get(reverse("usersessions_list")).text
    client.post(reverse("usersessions_list"))

    assert "Elsewhere/1.0" in page
    assert elsewhere.get(reverse("accounts:profile")).status_code == 302
    assert UserSession.objects.count() == 1
