"""Answers of a provider that do not hold, and providers that are away."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user
from django.utils import timezone

from accounts.identity import http, id_tokens
from accounts.identity.problems import Refused
from accounts.models import Action, IdentityProvider, User
from tests.accounts.identity.there_and_back import back, begin, sign_in
from tests.accounts.signing_in import events
from tests.accounts.signing_in import sign_in as sign_in_with_password
from tests.identity_provider import ADA, Person


@pytest.fixture(autouse=True)
def _ada(real):
    real.set(accounts={"ada": ADA})


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
        ({"drop": ["iat"]}, 'missing the "iat" claim'),
        ({"drop": ["iss"]}, 'missing the "iss" claim'),
        ({"drop": ["aud"]}, 'missing the "aud" claim'),
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


@pytest.mark.parametrize("length", [1, 191])
def test_a_subject_is_as_long_as_its_column_takes(length):
    id_tokens._check_subject("x" * length)


@pytest.mark.parametrize("subject", ["", "x" * 192, None, 7])
def test_what_is_no_subject_is_refused(subject):
    with pytest.raises(Refused, match="about whom it is"):
        id_tokens._check_subject(subject)


@pytest.mark.parametrize("audience", ["tollgate", ["tollgate"]])
def test_who_is_alone_need_not_say_for_whom_it_was_made(audience):
    provider = IdentityProvider(client_id="tollgate")

    id_tokens._check_party(provider, {"aud": audience})
