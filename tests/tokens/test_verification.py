from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.audit.generations import slot_of, with_generation
from accounts.lifecycle import delete_account, restore_account, suspend_account
from tests.factories import BY, TokenFactory
from tests.tokens.test_secrets import ROTATED
from tokens import verification
from tokens.kinds import OF_INSTALLATION, SHIPPED_TO, Kind
from tokens.models import StoredSecret, Token
from tokens.permissions import Use
from tokens.secrets import Secret, make
from tokens.verification import find, verify

pytestmark = pytest.mark.django_db


def opened(text):
    """Return the uses that a text opens."""
    return {use for use in Use if verify(text, use)}


@pytest.mark.parametrize(
    ("kind", "uses"),
    [
        (Kind.API, {Use.API}),
        (Kind.LOGS, {Use.SHIP_LOGS}),
        (Kind.GATEWAY, {Use.ASK}),
        (Kind.SCANNER, {Use.REPORT}),
    ],
)
def test_token_opens_its_uses_and_no_others(main, kind, uses):
    account = None if kind in OF_INSTALLATION else main

    assert opened(TokenFactory(account=account, kind=kind).secret_text) == uses


def test_unknown_secret_opens_nothing():
    assert opened(make(Kind.API).reveal()) == set()
    assert find(make(Kind.API).reveal()) is None


@pytest.mark.parametrize("text", ["", "nonsense", "tga_x", "\x00" * 53])
def test_malformed_secret_costs_no_query(django_assert_num_queries, text):
    with django_assert_num_queries(0):
        assert verify(text, Use.API) is None


def test_verifying_costs_one_query(main, django_assert_num_queries):
    text = TokenFactory(account=main).secret_text

    with django_assert_num_queries(1):
        assert verify(text, Use.API)
    with django_assert_num_queries(1) as captured:
        assert verify(text, Use.API)

    assert "accounts_generation" in captured.captured_queries[0]["sql"]
    assert "tokens_storedsecret" not in captured.captured_queries[0]["sql"]


def test_what_is_remembered_is_given_to_each_caller_anew(main):
    text = TokenFactory(account=main).secret_text

    first, second = verify(text, Use.API), verify(text, Use.API)
    first.account.organisation.plan = "changed"

    assert first.account is not second.account
    assert second.account.organisation.plan == main.organisation.plan


def test_memory_is_bounded(main, monkeypatch):
    monkeypatch.setattr(verification, "MAX_REMEMBERED", 2)

    for _ in range(3):
        assert verify(TokenFactory(account=main).secret_text, Use.API)

    assert len(verification._remembered) <= 2


def test_slots_are_the_same_in_the_database(main):
    gateway = TokenFactory(account=None, kind=Kind.GATEWAY)
    rows = with_generation(StoredSecret.objects.all(), "token__organisation")

    slots = {row.token_id: row.slot for row in rows}

    assert slots[gateway.pk] == slot_of(None)
    assert set(slots.values()) == {slot_of(None), slot_of(main.organisation_id)}


@pytest.mark.parametrize("stop", ["disable", "delete_softly"])
def test_stopped_token_opens_nothing_and_is_still_found(main, stop):
    token = TokenFactory(account=main)
    getattr(token, stop)(by=BY)

    assert opened(token.secret_text) == set()
    assert find(token.secret_text) == token


def test_account_stops_and_starts_its_tokens(main, sub):
    text = TokenFactory(account=sub).secret_text
    suspend_account(sub, by=BY)
    assert opened(text) == set()

    delete_account(sub, by=BY)
    assert opened(text) == set()

    restore_account(sub, by=BY)
    assert opened(text) == set()


def test_rotated_secret_works_during_the_overlap_only(main, time_machine):
    token = TokenFactory(account=main)
    fresh = token.rotate(by=BY, overlap=timedelta(hours=1)).reveal()
    assert (opened(token.secret_text), opened(fresh)) == ({Use.API}, {Use.API})

    time_machine.move_to(timezone.now() + timedelta(hours=1, seconds=1))

    assert (opened(token.secret_text), opened(fresh)) == (set(), {Use.API})
    assert find(token.secret_text) == token


def test_rows_of_two_index_keys_are_found(main):
    old = TokenFactory(account=main)
    with override_settings(TOLLGATE_INDEX_KEYS=ROTATED):
        new = TokenFactory(account=main)

        assert verify(old.secret_text, Use.API) == old
        assert verify(new.secret_text, Use.API) == new
        assert set(StoredSecret.objects.values_list("index_kid", flat=True)) == {1, 2}


def test_foreign_token_works_like_ours(main):
    text = "c498fbc3-a3ac-4676-ad09-689854b5cbbd"
    token, _ = Token.issue(
        account=main, kind=Kind.API, name="Moved in", by=BY, secret=Secret(text)
    )

    assert verify(text, Use.API) == token


def test_every_account_is_shipped_to_with_its_default_token(main):
    token = main.tokens.get()

    assert (token.name, token.kind) == ("default", SHIPPED_TO[main.kind])
