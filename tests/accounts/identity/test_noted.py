"""What a session notes of the provider that opened it, and for how long."""

from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.sessions.backends.db import SessionStore

from accounts.identity import sessions
from accounts.identity.identities import Identity
from accounts.models import IdentityProvider
from tests.accounts.identity.given_groups import provider_of

NOW = 1_780_000_000


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def asked(rf, db):
    request = rf.get("/")
    request.session = SessionStore()
    return request


@pytest.fixture
def acme(main):
    provider = provider_of(main.organisation)
    provider.metadata = {"end_session_endpoint": "https://acme.example/end"}
    provider.save()
    return provider


def who(provider, subject="ada"):
    return Identity(provider, subject, "ada@acme.example", True, "Ada", None)


def sign_in(request, identity, **told):
    told = {"id_token": "token", "auth_time": 5, "sid": "one"} | told
    sessions.note(request, SimpleNamespace(identity=identity, session=told))


def test_sessions_of_before_an_update_are_read_by_the_same_names(asked, acme, main):
    sign_in(asked, who(acme))
    sessions.ask_later(asked, who(acme))
    sessions.leave(asked, sessions.of(asked))

    assert dict(asked.session) == {
        "identity": {
            "provider": "acme",
            "subject": "ada",
            "organisation": main.organisation_id,
            "at": NOW,
            "auth_time": 5,
            "id_token": "token",
        },
        "identity_pending": {
            "provider": "acme",
            "subject": "ada",
            "email": "ada@acme.example",
            "is_verified": True,
            "at": NOW,
        },
        "identity_signed_out": {"provider": "acme", "id_token": "token"},
    }


@pytest.mark.parametrize(("length", "kept"), [(6000, 6000), (6001, 0)])
def test_a_long_id_token_is_not_kept(asked, acme, length, kept):
    sign_in(asked, who(acme), id_token="x" * length)

    assert sessions.of(asked)["id_token"] == "x" * kept


def test_when_somebody_proved_themselves_is_kept_of_the_same_person(asked, acme):
    sign_in(asked, who(acme), auth_time=9)
    sign_in(asked, who(acme), auth_time=0)

    assert sessions.of(asked)["auth_time"] == 9


def test_when_somebody_proved_themselves_is_forgotten_with_another_person(asked, acme):
    sign_in(asked, who(acme), auth_time=9)
    sign_in(asked, who(acme, "eve"), auth_time=0)

    assert sessions.of(asked)["auth_time"] == 0


def test_who_connects_a_provider_has_proved_nothing_there(asked, acme):
    sessions.note_connected(asked, who(acme))

    assert (sessions.of(asked)["auth_time"], sessions.of(asked)["id_token"]) == (0, "")


@pytest.mark.parametrize(("seconds", "is_kept"), [(600, True), (601, False)])
def test_who_is_to_be_confirmed_is_kept_for_ten_minutes(
    asked, acme, time_machine, seconds, is_kept
):
    sessions.ask_later(asked, who(acme))
    time_machine.move_to(NOW + seconds, tick=False)

    found = sessions.pending(asked)

    expected = Identity(acme, "ada", "ada@acme.example", True, "", None)
    assert found == (expected if is_kept else None)


def test_nobody_is_to_be_confirmed_by_one_that_is_off(asked, acme):
    sessions.ask_later(asked, who(acme))
    IdentityProvider.objects.update(is_on=False)

    assert sessions.pending(asked) is None


def test_a_way_out_is_good_once(asked, acme):
    sign_in(asked, who(acme))
    sessions.leave(asked, sessions.of(asked))

    address, provider = sessions.way_out(asked)

    assert provider == acme
    assert address.startswith("https://acme.example/end?client_id=x&")
    assert parse_qs(urlsplit(address).query)["id_token_hint"] == ["token"]
    assert sessions.way_out(asked) == (None, None)


def test_there_is_no_way_out_of_one_that_was_never_asked(asked, acme):
    sign_in(asked, who(acme))
    sessions.leave(asked, sessions.of(asked))
    IdentityProvider.objects.update(metadata=None)

    assert sessions.way_out(asked) == (None, None)


@pytest.mark.parametrize(
    ("methods", "has_factor", "is_proven"),
    [
        ([], False, False),
        (["socialaccount"], False, False),
        (["password"], False, True),
        (["password"], True, False),
        (["mfa"], True, True),
        (["password", "mfa"], True, True),
    ],
)
def test_who_has_proven_themselves_here_is_in_all_organisations(
    asked, acme, dana, main, methods, has_factor, is_proven
):
    sign_in(asked, who(acme))
    if has_factor:
        TOTP.activate(dana, "seed")
    for method in methods:
        record_authentication(asked, dana, method)

    expected = None if is_proven else main.organisation_id
    assert sessions.only_in(asked, dana) == expected
