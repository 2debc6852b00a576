"""Login, logout and sessions, as allauth and our adapters do them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from allauth.urls import urlpatterns as allauth_patterns
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.template.loader import get_template
from django.urls import reverse

from accounts.models import Action, AuditEvent, User
from accounts.signing_in.adapters import AccountAdapter
from tests.accounts.signing_in import PASSWORD, events, sign_in
from tests.factories import MembershipFactory, UserFactory

# Signing in and out


def test_login_is_audited_where_one_lands(client, dana, main, outsider):
    MembershipFactory(account=outsider.memberships.get().account, user=dana)

    response = sign_in(client, email=" DANA@acme.example")

    (event,) = events(Action.LOGIN)
    assert (response.status_code, response.url) == (302, "/")
    assert (event.account, event.user) == (main, dana)


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


def test_login_needs_no_address_that_anybody_can_read(client, dana, settings):
    settings.TRUSTED_PROXIES = 1

    response = sign_in(client, HTTP_X_FORWARDED_FOR="unknown")
    page = client.get(reverse("usersessions_list"), HTTP_X_FORWARDED_FOR="unknown")

    assert (response.status_code, response.url) == (302, "/")
    assert [event.ip for event in events(Action.LOGIN)] == [None]
    assert '<td data-label="Address">unknown</td>' in page.text


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
        "/3rdparty/signup/",
        "/3rdparty/login/cancelled/",
        "/3rdparty/login/error/",
        "/social/signup/",
        "/social/connections/",
        "/social/login/cancelled/",
        "/social/login/error/",
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


def test_whatever_is_offered_looks_like_ours():
    views = [each.callback.view_class for each in routes_of_allauth()]
    pages = {getattr(view, "template_name", None) for view in views}

    foreign = {name for name in pages - {None} if not is_ours(name)}

    assert foreign == {
        # These are not offered, as said above.
        "account/signup.html",
        "account/email.html",
        "account/email_confirm.html",
        "account/confirm_login_code.html",
        "account/password_set.html",
        "socialaccount/signup.html",
        "socialaccount/connections.html",
        "socialaccount/login_cancelled.html",
        "socialaccount/authentication_error.html",
        # Plain text for a file.
        "mfa/recovery_codes/download.txt",
    }


def routes_of_allauth(patterns=tuple(allauth_patterns)):
    for each in patterns:
        if hasattr(each, "url_patterns"):
            yield from routes_of_allauth(each.url_patterns)
        elif hasattr(each.callback, "view_class"):
            yield each


def is_ours(name):
    ours = settings.BASE_DIR / "templates"
    return ours in Path(get_template(name).origin.name).parents


def test_nobody_signs_themselves_up(rf):
    assert AccountAdapter(rf.get("/")).is_open_for_signup(None) is False


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


# Sessions


PHONE = {"User-Agent": "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Firefox/140.0"}
SESSIONS = "usersessions_list"


@pytest.fixture
def elsewhere(client, dana):
    """Sign Dana in from a phone and from a program, besides the test's own client."""
    others = [type(client)(headers=PHONE), type(client)(headers={"User-Agent": "x/1"})]
    for browser in (*others, client):
        sign_in(browser)
        browser.get(reverse("accounts:profile"))
    return others


def is_signed_in(browser):
    return browser.get(reverse("accounts:profile")).status_code == 200


def test_sessions_are_named_and_ended_one_by_one(client, elsewhere):
    phone, program = elsewhere
    UserSession.objects.update(created_at=datetime(2025, 11, 3, 12, tzinfo=UTC))
    page = client.get(reverse(SESSIONS))
    session = next(s for s in page.context["sessions"] if "Firefox" in s.user_agent)

    answer = client.post(
        reverse("accounts:session_end", args=[session.pk]), follow=True
    )

    assert "Firefox on Android, since <time" in page.text
    assert page.text.count("3 Nov 2025</time></span>") == 3
    assert page.text.count("This one") == 1
    assert page.text.count('/end/"') == 2
    assert "Firefox on Android is signed out." in answer.text
    assert (is_signed_in(phone), is_signed_in(program)) == (False, True)
    assert [(e.user, e.data) for e in events(Action.SESSIONS_ENDED)] == [
        (session.user, {"browsers": ["Firefox on Android"]})
    ]


def test_all_other_sessions_are_ended_at_once(client, elsewhere):
    for _ in range(2):
        client.post(reverse(SESSIONS))

    assert [is_signed_in(browser) for browser in (*elsewhere, client)] == [
        False,
        False,
        True,
    ]
    (event,) = events(Action.SESSIONS_ENDED)
    assert sorted(event.data["browsers"]) == ["Firefox on Android", "“x/1”"]


@pytest.mark.parametrize("whose", ["this one", "somebody's", "nobody's"])
def test_no_session_but_another_one_of_oneself_is_ended(
    client, elsewhere, outsider, whose
):
    stranger = type(client)()
    stranger.force_login(outsider)
    stranger.get(reverse("accounts:profile"))
    keys = {"this one": client, "somebody's": stranger}
    wanted = 2**40
    if whose in keys:
        key = keys[whose].session.session_key
        wanted = UserSession.objects.get(session_key=key).pk

    page = client.post(reverse("accounts:session_end", args=[wanted]), follow=True)

    assert "That browser was signed out already." in page.text
    assert all(map(is_signed_in, (*elsewhere, client, stranger)))
    assert events(Action.SESSIONS_ENDED) == []
