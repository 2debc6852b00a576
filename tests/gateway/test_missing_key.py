"""A host that was not given yet an index key that another one uses already."""

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.crypto.checks import note_keys_in_use
from accounts.models import CryptoKey
from tests.factories import TokenFactory
from tests.tokens.test_secrets import ROTATED
from tokens.kinds import Kind


@pytest.fixture
def old(main):
    return TokenFactory(account=main)


@pytest.fixture
def new(main, old):
    """A token of a host that has the key already."""
    with override_settings(TOLLGATE_INDEX_KEYS=ROTATED):
        note_keys_in_use()
        return TokenFactory(account=main, kind=Kind.API)


def test_a_token_that_another_host_may_know_is_asked_about_again(ask, old, new):
    ask.look()
    assert ask.status("api", new.secret_text) == 503
    assert ask.status("api", old.secret_text) == 204
    assert ask.status("api", "malformed") == 401

    with override_settings(TOLLGATE_INDEX_KEYS=ROTATED):
        ask.look()
        assert ask.status("api", new.secret_text) == 204


def test_what_was_unknown_before_the_key_came_is_asked_about_again(ask, old):
    with override_settings(TOLLGATE_INDEX_KEYS=ROTATED):
        unknown = TokenFactory().secret_text
    assert ask.status("api", unknown) == 401
    with override_settings(TOLLGATE_INDEX_KEYS=ROTATED):
        note_keys_in_use()
    ask.look()

    assert ask.status("api", unknown) == 503


def test_a_key_that_nothing_is_found_by_any_more_is_not_missed(ask, old, new):
    CryptoKey.objects.update(retired_at=timezone.now())
    ask.look()

    assert ask.status("api", new.secret_text) == 401


def test_the_api_tells_so_too(client, old, new):
    def call(token):
        return client.get("/v2/whoami", headers={"X-API-TOKEN": token.secret_text})

    assert call(old).status_code == 200
    missed = call(new)
    assert (missed.status_code, missed["Retry-After"]) == (503, "5")
