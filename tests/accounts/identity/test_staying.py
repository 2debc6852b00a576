"""How long a session stays that a provider opened, and how it ends on both sides."""

import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.identity import middleware, sessions
from accounts.models import Action, GroupRole, IdentityProvider, Role
from tests.accounts.addresses import place
from tests.accounts.identity.there_and_back import back, begin, sign_in
from tests.accounts.signing_in import events
from tests.factories import MembershipFactory
from tests.identity_provider import ADA, CLIENT, Person

PAGE = "/profile/"
LOGOUT = "/oidc/acme/logout/"


@pytest.fixture(autouse=True)
def _ada(real):
    real.set(accounts={"ada": ADA})


@pytest.fixture
def browser(real):
    """The browser, as it is at the provider."""
    return Person(real)


@pytest.fixture
def ada(client, real, provider, browser, main):
    sign_in(client, real, person=browser)
    return MembershipFactory(account=main, user=get_user(client)).user


def grow_old(client, minutes):
    """Let the provider's word be that old."""
    session = client.session
    session[sessions.KEY] |= {"at": int(time.time()) - minutes * 60}
    session.save()


# Asked again


def test_a_fresh_session_is_not_asked_for(client, ada):
    grow_old(client, 44)

    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize("minutes", [46, 61, 6000])
def test_who_is_signed_in_there_is_led_there_and_back(client, ada, browser, minutes):
    grow_old(client, minutes)
    real_key = client.session.session_key

    asked = client.get(f"{PAGE}?x=1")
    there = client.get(asked.url)
    returned = back(client, browser.go(there.url))

    assert parse_qs(urlsplit(there.url).query)["prompt"] == ["none"]
    assert returned.url == f"{PAGE}?x=1"
    assert client.get(returned.url).status_code == 200
    assert client.session.session_key == real_key
    assert len(events(Action.LOGIN)) == 1


def test_who_is_signed_out_there_signs_in_anew(client, ada, real):
    grow_old(client, 61)

    there = client.get(client.get(PAGE).url)
    returned = back(client, Person(real).go(there.url))
    again = client.get(returned.url)

    assert "prompt" not in parse_qs(urlsplit(again.url).query)
    assert back(client, Person(real).go(again.url, "ada")).url == PAGE


def test_a_page_is_asked_about_once_before_the_hour_is_over(client, ada):
    grow_old(client, 46)

    assert client.get(PAGE).status_code == 302
    assert client.get(PAGE).status_code == 200
    session = client.session
    session[sessions.KEY] |= {"at": int(time.time()) - 61 * 60}
    session.save()
    assert client.get(PAGE).status_code == 302


def test_what_is_sent_goes_through_until_the_hour_is_over(client, ada):
    grow_old(client, 59)
    assert client.post(PAGE, {"full_name": "Ada"}).url == PAGE

    grow_old(client, 61)
    refused = client.post(
        PAGE, {"full_name": "Eve"}, HTTP_REFERER=f"http://testserver{PAGE}"
    )
    swapped = client.post(PAGE, {"full_name": "Eve"}, HTTP_HX_REQUEST="true")

    assert refused.url == f"/login/?next={PAGE}"
    assert (swapped.status_code, "HX-Redirect" in swapped) == (401, True)
    ada.refresh_from_db()
    assert ada.full_name == "Ada"
    # From the login page it goes on to the provider.
    assert "silent=1" in client.get(refused.url).url


def test_one_that_was_switched_off_opens_nothing_after_the_hour(client, ada):
    IdentityProvider.objects.update(is_on=False)
    grow_old(client, 46)
    assert client.get(PAGE).status_code == 200

    grow_old(client, 61)

    assert client.get(PAGE).url == f"/login/?next={PAGE}"


def test_sessions_of_passwords_are_not_asked_about(
    client, dana, provider, time_machine
):
    client.force_login(dana)
    time_machine.move_to(timezone.now() + timedelta(hours=3), tick=False)

    assert client.get(PAGE).status_code == 200


def test_an_hour_is_an_hour():
    assert middleware.EARLY_SECONDS < middleware.LATE_SECONDS == 3600


# Groups


@pytest.fixture
def platform(provider, main):
    """A group that gives a role, of which the provider tells."""
    GroupRole.objects.create(account=main, group="platform", role=Role.USER)
    scope = "openid profile email groups"
    IdentityProvider.objects.update(groups_claim="groups", scope=scope)


def has_group(real, *groups):
    real.set(accounts={"ada": ADA | {"groups": list(groups)}})


def roles(client):
    return [each.role for each in get_user(client).memberships.active()]


def test_groups_give_roles_at_the_first_sign_in(client, real, platform):
    has_group(real, "platform", "other")

    sign_in(client, real)

    assert roles(client) == [Role.USER]


def test_a_group_that_is_lost_is_lost_at_the_next_sign_in(client, real, platform):
    has_group(real, "platform")
    sign_in(client, real)
    client.logout()
    has_group(real)

    sign_in(client, real)

    assert roles(client) == []


def test_a_group_that_is_lost_is_lost_within_the_hour(client, real, platform, browser):
    has_group(real, "platform")
    sign_in(client, real, person=browser)
    elsewhere = Client()
    sign_in(elsewhere, real)
    has_group(real, "other")
    grow_old(client, 61)

    there = client.get(client.get(PAGE).url)
    back(client, browser.go(there.url))

    assert get_user(client).is_authenticated
    assert roles(client) == []
    assert get_user(elsewhere).is_anonymous


# Signing out here


def test_who_signs_out_here_signs_out_there(client, ada, browser, real):
    left = client.post(reverse("account_logout"))
    page = client.get(left.url)

    assert left.url == place("signed_out")
    assert "You are signed out of Tollgate" in page.text
    address = page.context["address"]
    sent = parse_qs(urlsplit(address).query)
    assert sent["client_id"] == [CLIENT["client_id"]]
    assert sent["post_logout_redirect_uri"] == ["http://127.0.0.1:8000/login/"]
    assert len(sent["id_token_hint"][0]) > 100
    assert client.get(left.url).url == "/login/"


def test_one_without_a_way_out_is_left_alone(client, ada, provider):
    metadata = provider.metadata | {"end_session_endpoint": None}
    IdentityProvider.objects.update(metadata=metadata)

    left = client.post(reverse("account_logout"))

    assert client.get(left.url).url == "/login/"


def test_a_way_out_may_have_a_query_and_no_token(client, ada, provider):
    metadata = provider.metadata | {"end_session_endpoint": "https://x.example/?a=1"}
    IdentityProvider.objects.update(metadata=metadata)
    session = client.session
    session[sessions.KEY] |= {"id_token": ""}
    session.save()

    left = client.post(reverse("account_logout"))

    address = client.get(left.url).context["address"]
    assert address.startswith("https://x.example/?a=1&client_id=tollgate&")
    assert "id_token_hint" not in address


def test_a_password_leaves_for_our_own_pages(client, dana):
    client.force_login(dana)

    assert client.post(reverse("account_logout")).url == "/"


# Signed out there


def say(client, real, *, stranger=False, **claims):
    """Tell us of a sign-out as the provider does."""
    wanted = {"aud": CLIENT["client_id"], "sub": "ada"} | claims
    token = real.set(logout_token=wanted, stranger=stranger)["token"]
    return Client(enforce_csrf_checks=True).post(LOGOUT, {"logout_token": token})


def test_who_signs_out_there_is_signed_out_here(client, ada, real):
    response = say(client, real)

    assert (response.status_code, response.content) == (200, b"")
    assert "no-store" in response["Cache-Control"]
    assert get_user(client).is_anonymous
    assert not UserSession.objects.exists()
    (event,) = events(Action.SESSIONS_ENDED)
    assert (event.target, event.actor_label) == (ada.email, "Acme SSO")


def test_a_session_with_an_id_ends_by_it(client, ada, real):
    UserSession.objects.update(
        data={"provider": "acme", "subject": "ada", "sid": "one"}
    )

    assert say(client, real, sid="two").status_code == 200
    assert get_user(client) == ada

    say(client, real, sid="one", sub=None)

    assert get_user(client).is_anonymous


def test_a_session_without_an_id_ends_by_its_person(client, ada, real):
    say(client, real, sid="two")

    assert get_user(client).is_anonymous


def test_others_stay(client, ada, real, dana):
    other = Client()
    other.force_login(dana)
    other.get(PAGE)

    say(client, real, sub="somebody")

    assert get_user(client) == ada
    assert get_user(other) == dana


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"events": {}}, "It is no logout token."),
        ({"events": "x"}, "It is no logout token."),
        ({"nonce": "x"}, "It is no logout token."),
        ({"iat": 1_700_000_000, "exp": 2**32}, "The logout token is too old."),
        ({"sub": None}, "does not say whose session"),
        ({"sub": ""}, "does not say whose session"),
        ({"aud": "other"}, "Audience"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"stranger": True}, "Signature"),
    ],
)
def test_what_is_no_logout_token_ends_nothing(client, ada, real, claims, sentence):
    response = say(client, real, **claims)

    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"
    assert sentence in response.json()["error_description"]
    assert get_user(client) == ada


def test_only_providers_are_listened_to(client, ada):
    assert client.post(LOGOUT).status_code == 400
    assert client.post("/oidc/other/logout/").status_code == 404
    assert client.get(LOGOUT).status_code == 405
    assert client.post("/oidc/ACME/logout/").status_code == 404


def test_the_real_provider_says_so_itself(
    client, real, provider, live_server, settings
):
    """It calls our server, when a person signs out at it."""
    settings.APP_URL = live_server.url
    real.serve(provider, backchannel_logout_uri=provider.logout_url)
    browser = Person(real)
    back(client, browser.go(begin(client).url, "ada"))
    assert get_user(client).email == "ada@acme.example"

    page = browser.go(f"{real.issuer}/session/end")
    browser.confirm_sign_out(page)

    assert get_user(client).is_anonymous
