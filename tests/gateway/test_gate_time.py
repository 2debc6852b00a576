"""What the gate does by the clock, which stands still here."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.db import InterfaceError, OperationalError, connection

from gateway.verify import gate as gate_module
from gateway.verify.credentials import BY_TOKEN, Credential
from gateway.verify.decisions import PASS
from gateway.verify.gate import WARN_SECONDS, Gate
from gateway.verify.invalidation import FRESH_SECONDS
from gateway.verify.lookups import LOOKUP_SECONDS, InCallingThread, InThreadPool
from tests.factories import BY, TokenFactory
from tests.gateway.conftest import Asked
from tokens.kinds import Kind
from tokens.models import TokenUsage
from tokens.secrets import make

NOW = 0.0


@pytest.fixture
def token(main):
    return TokenFactory(account=main, kind=Kind.LOGS)


@pytest.fixture
def time(monkeypatch):
    """The gate's own clocks, which somebody else moves."""
    time = SimpleNamespace(now=NOW, today=gate_module.time.time())
    held = SimpleNamespace(monotonic=lambda: time.now, time=lambda: time.today)
    monkeypatch.setattr(gate_module, "time", held)
    # What failed is closed, and with it the test's transaction would be gone.
    monkeypatch.setattr(connection, "close", lambda: None)
    return time


@pytest.fixture
def known(ask, token, time):
    """Ask about the token once; then let the watcher have seen that just now."""
    assert ask.status("logs", token.secret_text) == 204
    watcher = ask.gate.watcher
    watcher.snapshot = replace(watcher.snapshot, seen_at=NOW)
    return token


def fail_with(monkeypatch, error, seconds, time, *, times=1000):
    """Let the database fail some times, each after so many seconds."""
    failures = iter([error] * times)

    def find(database, secret):
        for failure in failures:
            time.now += seconds
            raise failure
        return BY_TOKEN.find(database, secret)

    monkeypatch.setattr(gate_module, "BY_TOKEN", Credential(BY_TOKEN.read, find))


@pytest.mark.parametrize(
    ("late", "statuses"),
    [(FRESH_SECONDS - 0.01, [204, 204]), (FRESH_SECONDS, [204, 403])],
)
def test_memory_is_fresh_for_less_than_its_seconds(ask, known, time, late, statuses):
    first = ask.status("logs", known.secret_text)
    known.disable(by=BY)

    time.now = NOW + late

    assert [first, ask.status("logs", known.secret_text)] == statuses


@pytest.mark.parametrize(("late", "status"), [(29.9, 204), (30.0, 503)])
def test_the_grace_is_over_when_its_seconds_are(
    ask, known, time, settings, late, status
):
    settings.GATEWAY_GRACE_SECONDS = 30
    watcher = ask.gate.watcher
    watcher.snapshot = replace(watcher.snapshot, failed=True)

    time.now = NOW + late

    assert ask.status("logs", known.secret_text) == status


@pytest.mark.parametrize(("ahead", "status"), [(59.0, 204), (61.0, 503)])
def test_what_is_remembered_ends_by_the_databases_clock(
    ask, main, time, monkeypatch, ahead, status
):
    ends_at = datetime.fromtimestamp(time.today + 60, UTC)
    token = TokenFactory(account=main, kind=Kind.LOGS, expires_at=ends_at)
    assert ask.status("logs", token.secret_text) == 204
    watcher = ask.gate.watcher
    monkeypatch.setattr(ask.gate, "_asker", lambda *question: None)

    watcher.snapshot = replace(watcher.snapshot, offset=ahead)

    assert ask.status("logs", token.secret_text) == status


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_connection_that_was_dropped_is_found_out_by_using_it(
    ask, known, time, monkeypatch, error
):
    unknown, new = make(Kind.LOGS), TokenFactory(account=known.account, kind=Kind.LOGS)

    statuses = []
    for text in (new.secret_text, unknown.reveal()):
        fail_with(monkeypatch, error("gone"), 0.0, time, times=1)
        statuses.append(ask.status("logs", text))

    assert statuses == [204, 401]


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize(
    ("seconds", "asked"), [(LOOKUP_SECONDS / 2, 2), (LOOKUP_SECONDS / 2 + 0.001, 1)]
)
def test_what_took_long_is_not_asked_again(
    ask, known, time, monkeypatch, error, seconds, asked
):
    other = TokenFactory(account=known.account, kind=Kind.LOGS)
    begun = time.now
    fail_with(monkeypatch, error("gone"), seconds, time)

    assert ask.status("logs", other.secret_text) == 503
    assert round((time.now - begun) / seconds) == asked


def test_a_database_that_was_waited_for_in_vain_is_asked_when_it_is_seen_again(
    ask, known, time, monkeypatch
):
    other = TokenFactory(account=known.account, kind=Kind.LOGS).secret_text
    fail_with(monkeypatch, OperationalError("gone"), LOOKUP_SECONDS, time, times=1)
    monkeypatch.setattr(ask.gate, "_asking", lambda environ: PASS)
    time.now = NOW + 1

    statuses = [ask.status("logs", other), ask.status("logs", other)]
    watcher = ask.gate.watcher
    watcher.snapshot = replace(watcher.snapshot, seen_at=time.now)
    statuses.append(ask.status("logs", other))

    assert statuses == [503, 503, 204]


def test_who_fails_at_once_is_asked_again_at_once(ask, known, time, monkeypatch):
    other = TokenFactory(account=known.account, kind=Kind.LOGS).secret_text
    fail_with(monkeypatch, OperationalError("gone"), 0.0, time, times=2)

    assert [ask.status("logs", other) for _ in range(2)] == [503, 204]


def test_one_warning_is_enough_for_ten_seconds(caplog):
    gate = Gate(asker=None)

    for now in (0.0, WARN_SECONDS - 0.001, WARN_SECONDS, WARN_SECONDS + 1):
        gate._warn("away", now)

    assert WARN_SECONDS == 10
    assert len(caplog.records) == 2


@pytest.mark.parametrize(
    ("vendor", "asker"), [("postgresql", InThreadPool), ("sqlite", InCallingThread)]
)
def test_only_what_can_hang_is_asked_from_other_threads(monkeypatch, vendor, asker):
    monkeypatch.setattr(connection, "vendor", vendor)

    assert type(Gate()._asker) is asker


def test_strangers_are_told_by_signal(recorder, token):
    stranger = Asked("nonsense")
    stranger.status("logs", token.secret_text)

    assert list(stranger.gate.strangers.drain(at_once=True)) == [("logs", "", "")]


def test_only_a_gateway_that_may_ask_has_been_used(ask, token, gateway_token, recorder):
    gateway_token.disable(by=BY)
    ask.look()

    assert ask.status("logs", token.secret_text) == 503
    recorder.flush()
    assert not TokenUsage.objects.filter(token=gateway_token).exists()


def test_a_proxy_without_a_readable_address_has_none():
    assert gate_module.peer("unix:") == ("", "")
