"""What the gate asks of the database, and how it answers without it."""

import time
from dataclasses import replace
from math import inf

import pytest
from django.db import OperationalError, connection

from gateway.verify import gate as gate_module
from gateway.verify.credentials import BY_TOKEN, Credential
from gateway.verify.decisions import PASS
from gateway.verify.invalidation import Snapshot
from gateway.verify.lookups import InCallingThread
from tests.factories import TokenFactory
from tests.gateway.conftest import UNKNOWN
from tests.waiting import PATIENCE_SECONDS
from tokens.kinds import Kind
from tokens.secrets import make


@pytest.fixture
def token(main):
    return TokenFactory(account=main, kind=Kind.LOGS)


@pytest.mark.parametrize(
    ("asks", "first", "again"),
    [
        pytest.param("logs", 2, 0, id="known"),
        pytest.param("unknown", 1, 0, id="unknown"),
        pytest.param("malformed", 0, 0, id="malformed"),
    ],
)
def test_how_often_the_database_is_asked(
    ask, token, django_assert_num_queries, asks, first, again
):
    texts = {"unknown": make(Kind.LOGS).reveal(), "malformed": UNKNOWN}
    text = texts.get(asks, token.secret_text)
    ask.status("logs", make(Kind.LOGS).reveal())  # Now the gateway itself is known.

    with QueryLog() as log:
        ask.status("logs", text)
        once = len(log.statements)
        ask.status("logs", text)

    assert (once, len(log.statements) - once) == (first, again)


def test_a_flood_of_questions_is_no_flood_of_warnings(caplog, monkeypatch):
    def away(*_):
        raise OperationalError("away")

    gate = gate_module.Gate(asker=away)
    asked = {
        "PATH_INFO": "/gateway/verify/logs",
        "HTTP_X_TOLLGATE_GATEWAY": make(Kind.GATEWAY).reveal(),
    }
    for _ in range(3):
        assert gate.answer(asked).status.startswith("503")
    monkeypatch.setattr(gate_module, "WARN_SECONDS", 0)
    gate.answer(asked)

    said = [each.getMessage() for each in caplog.records]
    assert said == ["The gateway could not look a token up: away"] * 2


class QueryLog:
    """What reaches the database, past the ORM too."""

    def __init__(self):
        self.statements = []

    def __enter__(self):
        raw = self.raw = connection.connection
        if connection.vendor == "sqlite":
            raw.set_trace_callback(self._note)
        else:
            self._execute, raw.execute = raw.execute, self._executing
            self._wrapping = connection.execute_wrapper(self._wrap)
            self._wrapping.__enter__()
        return self

    def _note(self, statement):
        if statement.startswith("SELECT"):
            self.statements.append(statement)

    def _executing(self, statement, *args):
        self._note(statement)
        return self._execute(statement, *args)

    def _wrap(self, execute, sql, *args):
        self._note(sql)
        return execute(sql, *args)

    def __exit__(self, *args):
        if connection.vendor == "sqlite":
            self.raw.set_trace_callback(None)
        else:
            self._wrapping.__exit__(*args)
            del self.raw.execute


class TestWithoutTheDatabase:
    """From the moment on that the watcher does not reach it."""

    @pytest.fixture(autouse=True)
    def away(self, ask, token, settings, monkeypatch):
        settings.GATEWAY_GRACE_SECONDS = 30
        self.ask, self.token = ask, token
        assert ask.status("logs", token.secret_text) == 204
        assert ask.status("logs", UNKNOWN) == 401
        self.stay_away(5)
        monkeypatch.setattr(ask.gate, "_ask", _never)

    def stay_away(self, seconds):
        snapshot = self.ask.gate.watcher.snapshot
        at = time.monotonic() - seconds
        self.ask.gate.watcher.snapshot = Snapshot(
            snapshot.numbers, snapshot.total, at, failed=True
        )

    def test_known_tokens_go_on(self):
        assert self.ask.status("logs", self.token.secret_text) == 204

    def test_what_is_malformed_or_missing_is_still_told(self):
        assert self.ask.status("logs", "nonsense") == 401
        assert self.ask.status("logs") == 401

    def test_what_is_not_known_has_to_be_asked_again(self):
        assert self.ask.status("logs", make(Kind.LOGS).reveal()) == 503
        assert self.ask.status("metrics", self.token.secret_text) == 503
        assert self.ask.gate.strangers.drain(at_once=True) == {}

    def test_after_the_grace_nothing_is_known(self):
        self.stay_away(30.1)

        assert self.ask.status("logs", self.token.secret_text) == 503
        assert self.ask.gate.strangers.drain(at_once=True) == {}


def _never(*args):
    raise AssertionError("the database was asked")


def test_a_database_that_fails_while_it_is_asked_is_asked_once_more(
    ask, token, monkeypatch
):
    ask.status("logs")
    failures = iter([OperationalError("gone")])

    def failing(database, secret):
        for failure in failures:
            raise failure
        return BY_TOKEN.find(database, secret)

    monkeypatch.setattr(gate_module, "BY_TOKEN", Credential(BY_TOKEN.read, failing))
    monkeypatch.setattr(connection, "close", lambda: None)
    # What takes long is not asked again, and here anything may.
    monkeypatch.setattr(gate_module, "LOOKUP_SECONDS", PATIENCE_SECONDS)

    assert ask.status("logs", token.secret_text) == 204


def test_a_database_that_goes_on_failing_is_503(ask, token, monkeypatch):
    ask.status("logs", UNKNOWN)

    def failing(database, secret):
        raise OperationalError("gone")

    monkeypatch.setattr(gate_module, "BY_TOKEN", Credential(BY_TOKEN.read, failing))
    monkeypatch.setattr(connection, "close", lambda: None)

    assert ask.status("logs", token.secret_text) == 503


@pytest.mark.parametrize("known_before", [True, False])
def test_what_another_database_takes_the_place_of_is_not_believed(
    ask, token, monkeypatch, known_before
):
    def overtaken(*question):
        answer = InCallingThread()(*question)
        ask.gate.watcher.snapshot = replace(snapshot, era=snapshot.era + 1)
        return answer

    if known_before:
        assert ask.status("logs", token.secret_text) == 204
    ask.status("logs")  # Now the gateway itself is known.
    snapshot = ask.gate.watcher.snapshot
    monkeypatch.setattr(gate_module, "FRESH_SECONDS", -inf)
    monkeypatch.setattr(ask.gate, "_asking", lambda environ: PASS)
    monkeypatch.setattr(ask.gate, "_asker", overtaken)

    status = ask.status("logs", token.secret_text)
    monkeypatch.undo()

    assert status == 503
    ask.gate.watcher.snapshot = replace(snapshot, era=snapshot.era + 1)
    with QueryLog() as log:
        assert ask.status("logs", token.secret_text) == 204
    assert len(log.statements) == (0 if known_before else 2)
