"""Signing in with the real provider: who gets in, as whom, and what is refused."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user
from django.utils import timezone

from accounts.identity import http, people, sessions
from accounts.identity.identities import Identity, identity
from accounts.identity.problems import Refused
from accounts.members import add_member
from accounts.models import Action, EmailDomain, IdentityProvider, Role, User
from accounts.models.providers import domain_of
from tests.accounts.addresses import place
from tests.accounts.identity.conftest import on
from tests.accounts.identity.there_and_back import back, begin, said, sign_in
from tests.accounts.signing_in import PASSWORD, events
from tests.accounts.signing_in import sign_in as sign_in_with_password
from tests.factories import BY, MainFactory, MembershipFactory, UserFactory
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


# What does not hold


def refused(response, detail, status=401):
    """Check a page that says nothing of the reason, which admins find in the trail."""
    (event,) = events(Action.LOGIN_FAILED)
    assert response.status_code == status
    assert "did not work" in response.text
    assert detail in event.data["reason"]
    assert detail not in response.text
    return True


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        ({"claims": {"aud": "somebody-else"}}, "Audience doesn't match"),
        ({"claims": {"aud": ["tollgate", "other"]}}, "for whom it was made"),
        (
            {"claims": {"aud": ["tollgate", "other"], "azp": "other"}},
            "was made for somebody else",
        ),
        ({"claims": {"azp": "other"}}, "was made for somebody else"),
        ({"claims": {"iss": "https://evil.example"}}, "Invalid issuer"),
        ({"claims": {"nonce": "another"}}, "another nonce"),
        ({"drop": ["nonce"]}, "another nonce"),
        ({"drop": ["exp"]}, 'missing the "exp" claim'),
        ({"claims": {"sub": ""}}, "about whom it is"),
        ({"claims": {"sub": "x" * 192}}, "about whom it is"),
        ({"claims": {"sub": 7}}, "Subject must be a string"),
        ({"claims": {"sub": "eve"}}, "about somebody else"),
        ({"sub": "eve"}, "about somebody else"),
        ({"stranger": True}, "Signature verification failed"),
        ({"token": "eyJhbGciOiJub25lIn0.e30."}, "not signed in a way"),
        ({"token": "eyJhbGciOiJIUzI1NiJ9.e30.eHg"}, "not signed in a way"),
        ({"token": "nothing"}, "does not hold"),
        ({"token": 7}, "without id_token"),
    ],
)
def test_an_id_token_that_does_not_hold_lets_nobody_in(
    client, real, provider, fault, detail
):
    real.set(fault=fault)

    response = sign_in(client, real)

    assert refused(response, detail)
    assert get_user(client).is_anonymous
    assert not User.objects.filter(email="ada@acme.example").exists()


@pytest.mark.parametrize(("seconds", "is_in"), [(55, True), (65, False)])
def test_clocks_may_differ_by_a_minute(client, real, provider, seconds, is_in):
    now = int(timezone.now().timestamp())
    real.set(fault={"claims": {"exp": now - seconds, "iat": now - 600}})

    sign_in(client, real)

    assert get_user(client).is_authenticated is is_in


def test_an_answer_is_good_once(client, real, provider):
    address = Person(real).go(begin(client).url, "ada")
    back(client, address)
    client.logout()

    again = back(client, address)

    assert again.status_code == 400
    assert "is done already" in again.text
    assert get_user(client).is_anonymous
    assert events(Action.LOGIN_FAILED) == []


def test_an_answer_is_good_in_its_own_browser(
    client, real, provider, django_user_model
):
    address = Person(real).go(begin(client).url, "ada")
    client.cookies.clear()

    assert back(client, address).status_code == 400
    assert get_user(client).is_anonymous


def test_an_answer_of_another_provider_is_refused(client, real, provider):
    address = Person(real).go(begin(client).url, "ada")
    elsewhere = address.replace("iss=http%3A%2F%2F127", "iss=http%3A%2F%2F128")

    assert refused(back(client, elsewhere), "comes from another provider")


def test_who_cancels_is_told_so(client, real, provider):
    response = sign_in(client, real, login="")

    assert response.status_code == 403
    assert "You cancelled the sign-in there." in response.text


def test_what_it_does_not_say_is_not_shown(client, real, provider):
    address = Person(real).go(begin(client).url, "ada")
    state = parse_qs(urlsplit(address).query)["state"][0]

    response = client.get(
        urlsplit(provider.callback_url).path, {"state": state, "error": "<b>é"}
    )

    assert refused(response, r"'<b>\xe9'", 403)


def test_new_keys_are_fetched_once(client, real, provider, time_machine):
    sign_in(client, real)
    client.logout()
    real.set(keys=True, reset=True)
    later = timezone.now() + timedelta(seconds=40)
    IdentityProvider.objects.update(keys_at=later - timedelta(minutes=2))

    sign_in(client, real)

    assert get_user(client).is_authenticated
    assert real.asked["/jwks"] == 1


def test_the_document_is_not_fetched_again(client, real, provider):
    real.set(reset=True)

    sign_in(client, real)

    assert "/.well-known/openid-configuration" not in real.asked


@pytest.mark.parametrize("away", [503, "no JSON", "slow"])
def test_one_that_is_away_is_a_page_and_passwords_work(
    client, real, provider, away, monkeypatch, dana
):
    monkeypatch.setattr(http, "SECONDS", 0.3)
    IdentityProvider.objects.update(metadata=None)
    real.set(away=away)

    response = begin(client, next="/profile/")

    assert response.status_code == 503
    assert "It does not answer right now." in response.text
    assert "?next=%2Fprofile%2F" in response.text or "Try again" in response.text
    assert events(Action.LOGIN_FAILED) == []
    sign_in_with_password(client)
    assert get_user(client) == dana


def test_one_that_goes_away_meanwhile_is_a_page(client, real, provider):
    address = Person(real).go(begin(client).url, "ada")
    real.set(away=502)

    response = back(client, address)

    assert response.status_code == 503
    assert get_user(client).is_anonymous


def test_a_secret_that_cannot_be_opened_is_a_page(client, real, provider):
    address = Person(real).go(begin(client).url, "ada")
    IdentityProvider.objects.update(envelope=bytes(40))

    assert back(client, address).status_code == 503


def test_a_client_that_is_not_taken_is_a_page(client, real, provider):
    address = Person(real).go(begin(client).url, "ada")
    provider.seal("wrong")
    provider.save()

    assert refused(back(client, address), "answered invalid_client")


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


def test_a_stranger_takes_over_nobody(client, real, add, outsider):
    """A provider of one organisation says that it has a person of another one."""
    other = MainFactory(name="Evil").organisation
    on(add(organisation=other, domains=["evil.example"]))
    real.set(accounts={"ada": ADA | {"email": outsider.email}})

    response = sign_in(client, real)

    assert "It does not sign in people of other.example here." in response.text
    assert not SocialAccount.objects.exists()


def test_nobody_of_two_organisations_is_taken_over(client, real, provider, main):
    ada = UserFactory(email="ada@acme.example", password=PASSWORD)
    MembershipFactory(account=main, user=ada)
    MembershipFactory(account=MainFactory(name="Other"), user=ada, entered_at=BEFORE)

    response = sign_in(client, real)

    assert "belongs to another organisation, too" in response.text


BEFORE = timezone.now()


def test_staff_do_not_come_from_an_organisation(client, real, provider):
    UserFactory(email="ada@acme.example", is_staff=True)

    assert "Operator staff do not" in sign_in(client, real).text


def test_who_becomes_staff_comes_from_there_no_more(client, real, provider):
    sign_in(client, real)
    client.logout()
    User.objects.filter(email="ada@acme.example").update(is_staff=True)

    assert "Operator staff do not" in sign_in(client, real).text


def test_a_domain_that_is_taken_away_is_spoken_for_no_more(client, real, provider):
    sign_in(client, real)
    client.logout()
    EmailDomain.objects.all().delete()

    assert "does not sign in people of acme.example" in sign_in(client, real).text


def test_one_for_everybody_leaves_organisations_their_own(client, real, provider, add):
    on(add("everybody"))

    response = sign_in(client, real, slug="everybody")

    assert "with their organisation&#x27;s own provider" in response.text


# Connecting it to somebody who is known


@pytest.fixture
def ada(main):
    person = UserFactory(email="ada@acme.example", password=PASSWORD)
    return MembershipFactory(account=main, user=person, entered_at=BEFORE).user


def test_a_known_person_signs_in_as_before_once(client, real, provider, ada):
    asked = sign_in(client, real)
    login = client.get(asked.url, follow=True)

    assert asked.url == place("connect")
    assert "is known here already. Sign in as before, once" in said(login)
    response = client.post(
        place("connect").join(["/login/?next=", ""]),
        {"login": ada.email, "password": PASSWORD},
    )
    assert response.url == place("connect")
    assert (
        "It knows you as <bdi>ada@acme.example</bdi>" in client.get(response.url).text
    )
    done = client.post(response.url, follow=True)

    assert "You can sign in with Acme SSO from now on." in done.text
    client.logout()
    sign_in(client, real)
    assert get_user(client) == ada
    ada.refresh_from_db()
    assert ada.has_usable_password()


def test_it_is_connected_from_the_profile(client, real, provider, ada):
    client.force_login(ada)
    assert "?connect=1" in client.get(place("profile")).text

    asked = sign_in(client, real, connect="1")
    client.post(asked.url)

    assert SocialAccount.objects.get().user == ada


def test_nothing_is_connected_that_nobody_asked_for(client, ada):
    client.force_login(ada)

    assert client.get(place("connect")).url == place("profile")
    assert client.post(place("connect")).url == place("profile")


def test_the_question_is_open_for_ten_minutes(
    client, real, provider, ada, time_machine
):
    client.force_login(ada)
    sign_in(client, real, connect="1")
    later = timedelta(seconds=sessions.PENDING_SECONDS + 1)
    time_machine.move_to(timezone.now() + later, tick=False)

    assert client.post(place("connect")).url == place("profile")
    assert not SocialAccount.objects.exists()


def test_one_under_another_address_is_not_connected(client, real, provider, dana):
    client.force_login(dana)
    sign_in(client, real, connect="1")

    response = client.post(place("connect"))

    assert "Only dana@acme.example can be connected." in response.text


def test_one_of_somebody_else_is_not_connected(client, real, provider, dana):
    sign_in(client, real)
    client.logout()
    client.force_login(dana)
    real.set(accounts={"ada": ADA | {"email": "dana@acme.example"}})
    sign_in(client, real, connect="1")

    response = client.post(place("connect"))

    assert "It is connected already." in response.text


# What else may happen


def test_who_is_first_in_another_tab_is_the_same_person(provider, real, db):
    found = Identity(provider, "ada", "ada@acme.example", True, "Ada", None)
    first = people.person_of(found, by=BY)

    assert people._connected_first(found, BY) == first


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": " Ada  L "}, "Ada L"),
        ({"name": 7}, ""),
        ({"name": "Ada\u202eL"}, ""),
        ({"name": "Ada\x07"}, ""),
        ({}, ""),
    ],
)
def test_names_are_what_others_may_read(provider, claims, name):
    assert identity(provider, {"sub": "x"} | claims, {}).name == name


@pytest.mark.parametrize(
    ("claims", "groups"),
    [
        ({"groups": ["a", 7, "b" * 256]}, ["a"]),
        ({"groups": "a"}, ["a"]),
        ({"groups": {"a": 1}}, None),
        ({"groups": ["a"] * 2001}, None),
        ({}, []),
        ({"_claim_names": {"groups": "src1"}}, None),
        ({"_claim_names": {"other": "src1"}, "groups": ["a"]}, ["a"]),
    ],
)
def test_groups_are_a_list_or_unknown(provider, claims, groups):
    provider.groups_claim = "groups"

    assert identity(provider, {"sub": "x"} | claims, {}).groups == groups


def test_groups_mean_nothing_without_a_claim(provider):
    assert identity(provider, {"sub": "x", "groups": ["a"]}, {}).groups is None


def test_an_address_that_is_too_long_is_none(provider):
    claims = {"sub": "x", "email": "x" * 250 + "@acme.example"}

    assert identity(provider, claims, {}).email == ""


def test_domains_of_any_letters_are_found(provider):
    assert identity(provider, {"sub": "x", "email": "a@bücher.example"}, {}).domain == (
        "xn--bcher-kva.example"
    )


def test_what_cannot_be_encoded_is_a_domain_all_the_same():
    letters = "\u00fc" * 70

    assert domain_of(f"a@{letters}.example") == f"{letters}.example"


def test_userinfo_of_somebody_else_is_refused(provider):
    with pytest.raises(Refused):
        identity(provider, {"sub": "x"}, {"sub": "y"})
