"""Signing in with the real provider: who gets in, as whom, and what is refused."""

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user
from django.utils import timezone

from accounts.identity import people
from accounts.identity.identities import Identity
from accounts.members import add_member
from accounts.models import Action, IdentityProvider, Role, User
from tests.accounts.addresses import place
from tests.accounts.identity.there_and_back import back, begin, sign_in
from tests.accounts.signing_in import events
from tests.factories import BY, MainFactory
from tests.identity_provider import ADA, Person


@pytest.fixture(autouse=True)
def _ada(real):
    real.set(accounts={"ada": ADA})


# Coming in


def test_first_sign_in_makes_the_person(client, real, provider):
    response = sign_in(client, real)

    person = get_user(client)
    assert (response.status_code, response.url) == (302, "/")
    assert (person.email, person.full_name) == ("ada@acme.example", "Ada Lovelace")
    assert not person.has_usable_password()
    (event,) = events(Action.PROVIDER_CONNECTED)
    assert (event.target, event.organisation) == (person.email, provider.organisation)
    (event,) = events(Action.LOGIN)
    assert event.data == {"provider": "Acme SSO"}
    session = UserSession.objects.get(user=person)
    assert session.data["subject"] == "ada"


def test_a_person_without_a_password_has_none_to_change(client, real, provider):
    sign_in(client, real)

    profile = client.get(place("profile"))

    assert "last sign-in" in profile.text
    assert "Choose another one" not in profile.text
    assert "/password/change/" not in profile.text


def test_who_returns_is_the_same_person_and_is_not_asked_again(client, real, provider):
    browser = Person(real)
    sign_in(client, real, person=browser)
    first = get_user(client)
    client.logout()
    real.set(accounts={"ada": ADA | {"email": "ada.l@acme.example"}})

    response = back(client, browser.go(begin(client, next="/profile/").url))

    assert response.url == "/profile/"
    assert get_user(client) == first
    assert first.email == "ada@acme.example"
    assert User.objects.filter(email__startswith="ada").count() == 1


def test_who_is_signed_in_already_stays_so(client, real, provider):
    browser = Person(real)
    sign_in(client, real, person=browser)
    key = client.session.session_key

    response = sign_in(client, real, person=browser, next="/profile/")

    assert response.url == "/profile/"
    assert client.session.session_key == key
    assert len(events(Action.LOGIN)) == 1


def test_who_is_invited_needs_no_confirmation(client, real, provider, main):
    membership = add_member(main, email="ada@acme.example", role=Role.USER, by=BY)
    elsewhere = add_member(
        MainFactory(name="Other"), email="ada@acme.example", role=Role.ADMIN, by=BY
    )

    sign_in(client, real)

    assert get_user(client) == membership.user
    membership.refresh_from_db()
    elsewhere.refresh_from_db()
    assert membership.accepted_at is not None
    assert membership.entered_at is not None
    assert elsewhere.accepted_at is None


def test_a_second_factor_of_ours_is_not_asked_for(client, real, provider, main):
    sign_in(client, real)
    person = get_user(client)
    client.logout()
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")

    response = sign_in(client, real)

    assert response.url == "/"
    assert get_user(client) == person


def test_one_who_was_disabled_does_not_get_in(client, real, provider):
    sign_in(client, real)
    client.logout()
    User.objects.filter(email="ada@acme.example").update(is_active=False)

    response = sign_in(client, real)

    assert response.url == "/inactive/"
    assert get_user(client).is_anonymous


def test_sign_in_sends_pkce_nonce_and_hint(client, provider):
    there = begin(client, hint="ada@acme.example")

    sent = parse_qs(urlsplit(there.url).query)
    assert sent["code_challenge_method"] == ["S256"]
    assert len(sent["nonce"][0]) == 64
    assert sent["login_hint"] == ["ada@acme.example"]
    assert sent["redirect_uri"] == [provider.callback_url]
    assert "prompt" not in sent


def test_one_of_the_installation_has_a_button(client, everybodys):
    page = client.get(place("home"), follow=True)

    assert "Sign in with <bdi" in page.text
    assert f"{everybodys.sign_in_path}?next=/" in page.text
    assert "Sign in with your organisation" not in page.text


def test_one_of_the_installation_accepts_nothing(client, real, everybodys, main):
    membership = add_member(main, email="ada@acme.example", role=Role.USER, by=BY)

    sign_in(client, real)

    membership.refresh_from_db()
    assert get_user(client) == membership.user
    assert membership.accepted_at is None


def test_one_of_an_organisation_is_found_by_the_address(client, provider):
    login = client.get(place("home"), follow=True)
    assert "Sign in with your organisation" in login.text

    page = place("organisation_sign_in")
    assert client.get(page).status_code == 200
    found = client.post(page, {"email": "Who@ACME.example"})
    unknown = client.post(page, {"email": "who@other.example"})
    wrong = client.post(page, {"email": "who"})

    assert f"{provider.sign_in_path}?hint=Who%40ACME.example" in found.text
    assert "for other.example" in unknown.text
    assert (unknown.status_code, wrong.status_code) == (422, 422)


@pytest.mark.parametrize("name", ["provider_sign_in", "provider_callback"])
def test_one_that_is_off_or_unknown_is_not_there(client, provider, name):
    IdentityProvider.objects.update(is_on=False)

    assert client.get(place(name, "acme")).status_code == 404
    assert client.get(place(name, "other")).status_code == 404
    assert client.get(place(name, "openid_connect")).status_code == 404


def test_strangers_cannot_begin_without_end(client, provider, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    answers = {begin(client).status_code for _ in range(40)}

    assert answers == {302, 429}


def test_one_without_userinfo_says_it_in_the_id_token(client, real, provider):
    provider.metadata["userinfo_endpoint"] = None
    provider.save()
    real.set(fault={"claims": {"email": "ada@acme.example", "email_verified": True}})

    sign_in(client, real)

    assert get_user(client).email == "ada@acme.example"


# Whom it may speak for


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"email_verified": False}, "It has not verified that ada@acme.example"),
        ({"email_verified": "true"}, "It has not verified that ada@acme.example"),
        ({"email_verified": 1}, "It has not verified that ada@acme.example"),
        ({"email": None}, "It did not say which e-mail address is yours."),
        ({"email": "ada"}, "It did not say which e-mail address is yours."),
        ({"email": "x@y.example"}, "It does not sign in people of y.example here."),
    ],
)
def test_addresses_are_verified_and_of_its_domains(
    client, real, provider, claims, sentence
):
    real.set(accounts={"ada": ADA | claims})

    response = sign_in(client, real)

    assert response.status_code == 403
    assert sentence in response.text
    assert get_user(client).is_anonymous
    assert not User.objects.filter(email="ada@acme.example").exists()


# What else may happen


def test_who_is_first_in_another_tab_is_the_same_person(provider, real, db):
    found = Identity(provider, "ada", "ada@acme.example", True, "Ada", None)
    first = people.person_of(found, by=BY)

    assert people._connected_first(found, BY) == first
