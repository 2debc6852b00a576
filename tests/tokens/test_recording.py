import logging
import threading
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import DataError, OperationalError

from accounts import hooks
from tests.factories import TokenFactory
from tokens import usage_counters
from tokens.models import Token, TokenUsage
from tokens.usage_counters import Recorder, Tally, write_uses

NOW = datetime(2026, 3, 1, 12, 34, 56, tzinfo=UTC)


@pytest.fixture
def token(main):
    return TokenFactory(account=main)


def shown(token):
    secret = token.secrets.get()
    return token.pk, secret.pk, secret.born


def test_tally_counts_each_key_until_it_is_drained():
    tally = Tally()
    for key in [("a", "192.0.2.1", ""), ("a", "192.0.2.1", ""), ("b", "", "")]:
        tally.note(*key)

    assert tally.drain(at_once=True) == {("a", "192.0.2.1", ""): 2, ("b", "", ""): 1}
    assert tally.drain(at_once=True) == {}


def test_tally_gives_what_is_counted_only_once_nobody_can_still_count_it():
    tally = Tally()
    tally.note("a", "", "")
    held = tally._counters["a", "", ""]

    assert tally.drain() == {}
    next(held)  # Another thread had it in its hands.
    assert tally.drain() == {("a", "", ""): 2}


def test_tally_forgets_callers_before_it_grows_without_end():
    tally = Tally(max_keys=2)
    for number in range(5):
        tally.note("a", f"192.0.2.{number}", "curl")
    for token in "bcd":
        tally.note(token, "192.0.2.1", "curl")

    assert tally.drain(at_once=True) == {
        ("a", "192.0.2.0", "curl"): 1,
        ("a", "192.0.2.1", "curl"): 1,
        ("a", "", ""): 3,
        ("b", "", ""): 1,
    }


def test_tally_loses_nothing_between_threads():
    tally, found = Tally(), []

    def count():
        for _ in range(20_000):
            tally.note("a", "", "")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        # No thread keeps a counter in its hands for two of these.
        threading.Event().wait(0.2)
        found.append(sum(tally.drain().values()))
    found.append(sum(tally.drain(at_once=True).values()))

    assert sum(found) == 80_000


def test_recorder_writes_calls_and_the_last_use(token):
    recorder = Recorder(write_uses)
    recorder.note(*shown(token), "192.0.2.1", "curl")
    recorder.note(*shown(token), "192.0.2.1", "curl")

    with time_machine.travel(NOW, tick=False):
        recorder.flush()

    usage = TokenUsage.objects.values_list(
        "token", "stored_secret_id", "hour", "address", "agent", "calls"
    )
    hour = NOW.replace(minute=0, second=0)
    assert list(usage) == [(*shown(token)[:2], hour, "192.0.2.1", "curl", 2)]
    token.refresh_from_db()
    assert token.last_used_at == NOW
    assert (token.last_used_address, token.last_used_agent) == ("192.0.2.1", "curl")


def test_calls_of_a_secret_that_is_gone_are_not_those_of_its_heir(
    token, recorder, monkeypatch
):
    """As after a failover: the ids are there again, and are somebody else's."""
    pk, secret, born = shown(token)
    gone, caller = (pk, secret, born - 1), ("192.0.2.1", "curl")
    recorder.note(*gone, *caller)
    usage_counters.refusals.note(*gone, "deleted", "api", *caller)

    written = []
    monkeypatch.setattr(hooks, "refused_call_writers", [written.append])
    recorder.flush()
    usage_counters.refusals.flush()

    assert written == [{}]
    assert not TokenUsage.objects.exists()
    token.refresh_from_db()
    assert token.last_used_at is None


def test_recorder_has_nothing_to_write_without_use(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        Recorder(write_uses).flush()


def test_recorder_keeps_what_the_database_does_not_take(token, monkeypatch, caplog):
    recorder = Recorder(write_uses)
    recorder.note(*shown(token), "192.0.2.1", "")
    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING):
        patched.setattr(Token.objects, "note_uses", _failing)
        patched.setattr(TokenUsage.objects, "add_calls", _failing)
        # A test's connection is in the middle of a transaction.
        patched.setattr(usage_counters, "close_old_connections", lambda: None)
        recorder.flush()
    recorder.note(*shown(token), "192.0.2.1", "")

    recorder.flush()

    assert "kept for later: away" in caplog.text
    assert TokenUsage.objects.get().calls == 2


def _failing(*args):
    raise OperationalError("away")


def test_recorder_does_not_try_again_what_can_never_be_written():
    written = []

    def refuse(calls):
        written.append(dict(calls))
        raise DataError("too long")

    recorder = Recorder(refuse)
    recorder.note(1, "192.0.2.1", "")

    with pytest.raises(DataError):
        recorder.flush()
    recorder.flush()

    assert written == [{(1, "192.0.2.1", ""): 1}]
