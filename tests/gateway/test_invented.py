"""Invented tokens at the gate, the API and links: no query, and nothing else is refused."""

import time
from dataclasses import replace

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import reverse

from accounts.crypto.checks import note_keys_in_use
from accounts.models import CryptoKey
from gateway.verify import background
from gateway.verify.invalidation import FRESH_SECONDS
from tests.factories import BY, ShareFactory, TokenFactory
from tests.gateway.conftest import Asked
from tests.gateway.test_gate_database import QueryLog
from tests.invented import invented, without_mac
from tests.sharing.visitors import page_of, show
from tests.tokens.test_secrets import LETTERS, UUID
from tokens.kinds import Kind
from tokens.models import StoredSecret, Token
from tokens.reencryption import renew_batch
from tokens.secrets import Secret, carries_mac

ROTATED = "2:bm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm4="


@pytest.fixture
def watched(ask):
    """Let this process go by what the gate's thread sees, until the test ends."""

    attention = background.Attention(ask.gate.watcher)
    ask.status("logs")  # Now the gateway itself is known.
    attention.pay()
    return attention.pay


def move_in(account, secret, kind=Kind.LOGS):
    name = secret.public_id
    Token.issue(account=account, kind=kind, name=name, by=BY, secret=secret)


INVENTED = pytest.mark.parametrize(
    "secret",
    [invented(Kind.LOGS), without_mac(Kind.LOGS), Secret(UUID), Secret(LETTERS)],
    ids=["ours", "old", "uuid", "letters"],
)


@INVENTED
@pytest.mark.parametrize("others", [0, 1])
def test_an_invented_token_asks_the_database_nothing_at_the_gate(
    ask, watched, main, secret, others
):
    for _ in range(others):
        move_in(main, without_mac(Kind.LOGS))
    watched()

    with QueryLog() as log:
        status = ask.status("logs", secret.reveal())

    assert (status, log.statements) == (401, [])


@pytest.mark.parametrize("path", ["/v2/whoami", "/api/v1/whoami"])
@INVENTED
def test_nor_at_the_api(client, watched, django_assert_num_queries, secret, path):
    with django_assert_num_queries(0):
        response = client.get(path, headers={"X-API-TOKEN": secret.reveal()})

    assert response.status_code in (401, 403)


def test_nor_at_a_link(client, watched, main, django_assert_num_queries):
    share = ShareFactory(account=main)
    wrong = invented(Kind.SHARED).reveal()
    page = wrong[4:12]

    with django_assert_num_queries(0):
        response = client.post(reverse("sharing:open", args=[page]), {"secret": wrong})

    assert response.status_code == 404
    assert show(client, share).status_code == 200
    assert page_of(share) != page


@INVENTED
def test_what_moves_in_is_known_at_once_or_from_the_next_look_on(
    ask, watched, main, secret
):
    assert ask.status("logs", secret.reveal()) == 401

    move_in(main, secret)
    watched()

    assert ask.status("logs", secret.reveal()) == 204


def test_who_has_not_looked_of_late_asks(ask, watched, main):
    secret = without_mac(Kind.LOGS)
    move_in(main, secret)
    assert ask.status("logs", secret.reveal()) == 401

    watcher = ask.gate.watcher
    long_ago = time.monotonic() - FRESH_SECONDS
    watcher.snapshot = replace(watcher.snapshot, seen_at=long_ago)

    assert ask.status("logs", secret.reveal()) == 204


@pytest.mark.parametrize("moved_in", [True, False])
def test_a_token_outlives_the_key_that_it_was_made_with(ask, watched, main, moved_in):
    secret = without_mac(Kind.LOGS)
    if moved_in:
        move_in(main, secret)
    else:
        secret = Secret(TokenFactory(account=main, kind=Kind.LOGS).secret_text)
    note_keys_in_use()
    with both_keys():
        note_keys_in_use()
        watched()
        assert ask.status("logs", secret.reveal()) == 204
        renew_batch(0, 500)
        watched()
        assert ask.status("logs", secret.reveal()) == 204
        assert not StoredSecret.objects.filter(has_mac=True).exists()
        made = TokenFactory(account=main, kind=Kind.LOGS).secret_text
        assert ask.status("logs", made) == 204
    with override_settings(TOLLGATE_INDEX_KEYS=ROTATED):
        assert not carries_mac(secret)
        fresh = fresh_process(ask)
        assert fresh.status("logs", secret.reveal()) == 204
        assert fresh.status("logs", made) == 204
        with QueryLog() as log:
            assert fresh.status("logs", invented(Kind.LOGS).reveal()) == 401
        assert log.statements == []


def both_keys():
    keys = f"{ROTATED},{settings.TOLLGATE_INDEX_KEYS}"
    return override_settings(TOLLGATE_INDEX_KEYS=keys)


def fresh_process(ask):
    """Return a gate that begins when the old key is gone."""
    CryptoKey.objects.filter(purpose="index", kid=1).delete()
    fresh = Asked(ask.gateway["HTTP_X_TOLLGATE_GATEWAY"])
    fresh.status("logs")
    return fresh


def test_a_process_that_lacks_a_key_refuses_nothing_by_itself(ask, watched, main):
    with both_keys():
        note_keys_in_use()
        secret = TokenFactory(account=main, kind=Kind.LOGS).secret_text
    watched()

    assert ask.gate.watcher.snapshot.listed is None
    assert ask.status("logs", secret) == 503
