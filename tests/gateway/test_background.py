import logging
import threading
import time
from datetime import timedelta

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone

from accounts import hooks
from accounts.clock import clock
from accounts.models import Action, AuditEvent
from accounts.postgresql import pulse
from accounts.rule_violations import Unavailable
from gateway.models import RefusedCall, RefusedToken
from gateway.verify import background
from gateway.verify.background import flush, raise_alarm
from gateway.verify.invalidation import Watcher
from tests.factories import TokenFactory
from tests.gateway.conftest import UNKNOWN, Asked, SameConnection
from tokens import usage_counters
from tokens.models import TokenUsage
from tokens.permissions import Use
from tokens.remote_write.sending import remote_writer
from tokens.verification import verify


@pytest.fixture(autouse=True)
def _keep_connection(monkeypatch):
    # The threads give theirs back; a test's is in the middle of a transaction.
    monkeypatch.setattr(background, "close_old_connections", lambda: None)


def test_flush_writes_uses_that_passed_and_that_were_refused(ask, main):
    token = TokenFactory(account=main)
    ask("query-logs", token.secret_text)
    ask("logs", token.secret_text)

    flush(ask.gate, at_once=True)
    flush(ask.gate, at_once=True)

    assert TokenUsage.objects.filter(token=token).get().calls == 1
    assert RefusedCall.objects.get().calls == 1


def test_refused_calls_wait_for_a_database_that_is_away(ask, main, monkeypatch):
    token = TokenFactory(account=main)
    ask("logs", token.secret_text)
    with monkeypatch.context() as away:
        away.setattr(RefusedToken.objects, "add_calls", failing)
        away.setattr(usage_counters, "close_old_connections", lambda: None)
        flush(ask.gate, at_once=True)
    ask("logs", token.secret_text)

    flush(ask.gate, at_once=True)

    assert RefusedCall.objects.get().calls == 2


def failing(*args):
    raise OperationalError("away")


def test_strangers_are_told_of_loudly_and_once(recorder, db, caplog):
    stranger = Asked(UNKNOWN)
    for _ in range(3):
        stranger("logs", HTTP_X_REAL_IP="192.0.2.9", HTTP_USER_AGENT="nginx")

    with caplog.at_level(logging.ERROR):
        raise_alarm(stranger.gate)
        raise_alarm(stranger.gate)

    assert [record.getMessage() for record in caplog.records] == [
        "3 questions about tokens were answered with 503: no known gateway token came "
        "with them, or they named no signal. Most came from 192.0.2.9 (nginx) for 'logs'."
    ]
    event = AuditEvent.objects.get()
    assert (event.action, event.data) == (
        Action.GATEWAY_REFUSED,
        {"times": 3, "signal": "logs"},
    )


def test_a_signal_that_no_database_takes_keeps_no_alarm_back(recorder, db):
    stranger = Asked(UNKNOWN)
    stranger("lo\x00gs")

    raise_alarm(stranger.gate)

    assert AuditEvent.objects.get().data == {"times": 1, "signal": "other"}


def test_threads_look_and_write_until_the_process_ends(ask, monkeypatch, caplog):
    seen, worked = threading.Event(), threading.Event()
    last, calls, ends = [], [], []

    def poll():
        calls.append(1)
        if len(calls) > 1:
            seen.set()
        raise RuntimeError("a thread outlives this")

    monkeypatch.setattr(background, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(background, "FLUSH_SECONDS", 1000)
    monkeypatch.setattr(background, "ALARM_SECONDS", 1000)
    monkeypatch.setattr(background, "flush", lambda gate, **kw: last.append(kw))
    monkeypatch.setattr(background, "raise_alarm", lambda gate: None)
    monkeypatch.setattr(background, "NOTICE_SECONDS", 1000)
    monkeypatch.setattr(background, "tell", lambda: None)
    monkeypatch.setattr(background, "REMINDER_SECONDS", 1000)
    monkeypatch.setattr(background, "remind", lambda: None)
    monkeypatch.setattr(background, "work", worked.set)
    monkeypatch.setattr(ask.gate.watcher, "poll", poll)
    monkeypatch.setattr(background.atexit, "register", lambda *call: ends.append(call))

    background.start(ask.gate, takes_jobs=True)
    assert seen.wait(10)
    assert worked.wait(10)
    [(end, *arguments)] = ends
    end(*arguments)

    assert last[-1] == {"at_once": True}
    assert "A background task of the gateway failed" in caplog.text


def test_admins_are_told_or_it_waits(monkeypatch, caplog):
    asked = []
    monkeypatch.setattr(background.dispatch, "send_due", lambda: asked.append(1))
    background.tell()

    def fail():
        raise DatabaseError("away")

    monkeypatch.setattr(background.dispatch, "send_due", fail)
    background.tell()

    assert asked == [1]
    assert "Nobody can be told of refused calls now: away" in caplog.text


@pytest.mark.parametrize(
    "failure", [DatabaseError("away"), Unavailable("busy", "away")]
)
def test_admins_are_reminded_or_it_waits(monkeypatch, caplog, failure):
    asked = []
    monkeypatch.setattr(background.reminders, "send_due", lambda: asked.append(1))
    background.remind()

    def fail():
        raise failure

    monkeypatch.setattr(background.reminders, "send_due", fail)
    background.remind()

    assert asked == [1]
    assert "Nobody can be told now of what ends soon: away" in caplog.text


@pytest.mark.parametrize("error", [DatabaseError("away"), Unavailable("busy", "away")])
def test_jobs_wait_for_a_database_that_is_away(monkeypatch, caplog, error):
    def fail():
        raise error

    done = []
    monkeypatch.setattr(background.bulk_worker, "carry_on", fail)
    monkeypatch.setattr(hooks.background_jobs, "_parts", [lambda: done.append(1)])

    background.work()

    assert "waits for the database: away" in caplog.text
    assert done == [1]


@pytest.mark.parametrize("takes_jobs", [False, True])
def test_gateways_do_not_wait_for_jobs(ask, monkeypatch, takes_jobs):
    tasks = []
    monkeypatch.setattr(background, "_every", lambda _, task, *when: tasks.append(task))
    monkeypatch.setattr(background.atexit, "register", lambda *call: None)

    background.start(ask.gate, takes_jobs=takes_jobs)

    assert (background.work in tasks) == takes_jobs


def test_usage_is_sent_where_somebody_receives_it(ask, monkeypatch, settings):
    tasks, ends, finished = [], [], []
    settings.REMOTE_WRITE_URL = "http://127.0.0.1:9/api/v1/write"
    monkeypatch.setattr(background, "_every", lambda _, task, *when: tasks.append(task))
    monkeypatch.setattr(background.atexit, "register", lambda *call: ends.append(call))
    monkeypatch.setattr(remote_writer, "finish", lambda: finished.append(1))

    background.start(ask.gate)
    [(end, *arguments)] = ends
    end(*arguments)

    assert remote_writer.carry_on in tasks
    assert finished == [1]


@pytest.mark.postgresql
def test_tokens_end_by_the_databases_clock(recorder, main, gateway_token, caplog):
    """This host is 90 seconds behind, and the token ended 30 seconds ago."""
    ends = timezone.now() + timedelta(seconds=60)
    token = TokenFactory(account=main, expires_at=ends)
    lasting = TokenFactory(account=main)
    asked = Asked(gateway_token.secret_text)
    assert asked.status("api", token.secret_text) == 204

    asked.gate.watcher._connection.ahead = 90.0
    try:
        background.Attention(asked.gate.watcher).pay()
    finally:
        pulse.__init__(era=pulse.era)

    assert asked.status("api", token.secret_text) == 403
    assert verify(token.secret_text, Use.API) is None
    assert asked.status("api", lasting.secret_text) == 204
    assert clock.skew == pytest.approx(90.0, abs=5)
    assert "behind the database's" in caplog.text
    flush(asked.gate, at_once=True)
    lasting.refresh_from_db()
    late = lasting.last_used_at - timezone.now()
    assert late.total_seconds() == pytest.approx(90.0, abs=10)


def test_the_process_is_told_what_came_of_a_poll(ask):
    try:
        background.Attention(Watcher(SameConnection)).pay()
        assert time.monotonic() - pulse.heard_at < 60
        assert (pulse.failed, clock.skew) == (False, pytest.approx(0.0, abs=1))
        is_told = connection.vendor == "postgresql"
        assert bool(pulse.watched) == is_told
        assert not is_told or pulse.identify(SameConnection()) == pulse.watched
    finally:
        pulse.__init__(era=pulse.era)


def test_nothing_was_heard_yet_of_a_database_that_is_away_from_the_start(
    caplog, monkeypatch
):
    # Gates of other tests in this process have heard of theirs.
    monkeypatch.setattr(pulse, "heard_at", None)

    def refuse():
        raise connection.Database.OperationalError("refused")

    background.Attention(Watcher(refuse)).pay()

    assert pulse.heard_at is None


@pytest.mark.parametrize("error", [DatabaseError("away"), Unavailable("busy", "away")])
def test_the_audit_trail_is_anchored_or_it_waits(caplog, error):
    anchored = []

    class Anchoring:
        def carry_on(self):
            if not anchored:
                anchored.append(error)
                raise error
            anchored.append("now")

    anchoring = Anchoring()
    background.anchor(anchoring)
    assert "The audit trail cannot be anchored now: " in caplog.text

    background.anchor(anchoring)

    assert anchored == [error, "now"]
