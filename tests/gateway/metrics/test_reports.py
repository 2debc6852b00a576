"""What a process tells of itself, and what is told of all together."""

import time
from contextlib import closing
from dataclasses import replace
from math import inf
from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry

from accounts import metrics
from accounts.clock import clock
from accounts.metrics import BUCKET_BOUNDS, FOLDER
from accounts.models import Action
from gateway.metrics import report
from gateway.metrics.collector import ProcessReports
from gateway.metrics.report import MetricsReporter, pool_gauges, reporter_of, reports
from gateway.verify import answer_times, background
from gateway.verify.background import flush
from tests.factories import BY, TokenFactory
from tokens.remote_write.sending import remote_writer

ASK = "/gateway/verify/"
DURATION = "tollgate_question_duration_seconds"


def told(folder):
    """Return {name with labels: number} of what is told of all processes together."""
    registry = CollectorRegistry()
    registry.register(ProcessReports(folder))
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in registry.collect()
        for sample in family.samples
    }


def test_answers_are_counted_and_timed_by_signal_and_status(
    question, reporter, tmp_path, main
):
    token = TokenFactory(account=main).secret_text
    for path in ("logs", "logs", "api", "no-such-signal", "api/made/up/by/a/client"):
        question(f"{ASK}{path}", token)
    reporter.write()

    found = told(tmp_path)

    counted = {
        key[1:]: number
        for key, number in found.items()
        if key[0] == f"{DURATION}_count"
    }
    assert counted == {("logs", "403"): 2, ("api", "204"): 2, ("other", "503"): 1}
    assert found[f"{DURATION}_bucket", "api", "204", "+Inf"] == 2
    assert found[f"{DURATION}_sum", "api", "204"] > 0


def test_what_clients_invent_takes_no_memory(question, measured):
    for number in range(3):
        question(f"{ASK}api/{number}/api")
        question(f"{ASK}{number}")

    assert measured._cells == {}
    assert measured.times.cells.keys() == {("api", "401"), ("other", "503")}


def test_what_proxies_that_remember_ask_has_a_name_of_its_own(question, measured):
    question("/gateway/generations")
    question("/gateway/uses")

    assert {labels[0] for labels in measured.times.cells} == {"generations", "uses"}


@pytest.mark.parametrize(("seconds", "bucket"), [(BUCKET_BOUNDS[0], 0), (0.3, 12)])
def test_slow_and_fast_answers_are_told_apart(
    question, measured, monkeypatch, seconds, bucket
):
    ticks = iter([0.0, seconds])
    monkeypatch.setattr(answer_times, "perf_counter", lambda: next(ticks))

    question(f"{ASK}logs")

    [cell] = measured.times.cells.values()
    buckets, total = cell.look()
    assert (buckets.index(1), total) == (bucket, seconds)


def test_where_a_token_was_found_is_counted(question, reporter, tmp_path, main):
    token = TokenFactory(account=main).secret_text
    for _ in range(3):
        question(f"{ASK}api", token)
    question(f"{ASK}api", "tga_malformed")
    reporter.write()

    found = told(tmp_path)

    lookups = {
        key[1]: number
        for key, number in found.items()
        if key[0] == "tollgate_question_lookups_total"
    }
    # The gateway's own token and the client's.
    assert lookups == {
        "asked": 2,
        "remembered": 5,
        "ruled_out": 1,
        "remembered_late": 0,
        "database_away": 0,
    }
    assert found["tollgate_memory_entries", "yes"] == 2


def test_without_a_database_it_is_counted_what_memory_did(
    ask, question, reporter, tmp_path, main, monkeypatch
):
    token, other = (TokenFactory(account=main).secret_text for _ in range(2))
    question(f"{ASK}api", token)
    late = replace(ask.gate.watcher.snapshot, seen_at=time.monotonic() - 1, failed=True)
    monkeypatch.setattr(ask.gate.watcher, "snapshot", late)

    statuses = [question(f"{ASK}api", each)[:3] for each in (token, other)]
    reporter.write()

    found = told(tmp_path)
    assert statuses == ["204", "503"]
    assert found["tollgate_question_lookups_total", "remembered_late"] == 3
    assert found["tollgate_question_lookups_total", "database_away"] == 1


def test_refused_calls_are_counted_by_reason(ask, question, reporter, tmp_path, main):
    token = TokenFactory(account=main)
    token.disable(by=BY)
    for _ in range(2):
        question(f"{ASK}api", token.secret_text)
    reporter.write()
    before = told(tmp_path)
    flush(ask.gate, at_once=True)
    reporter.write()

    found = told(tmp_path)

    assert before["tollgate_counts_unwritten", "refused_calls"] == 1
    assert found["tollgate_counts_unwritten", "refused_calls"] == 0
    assert found["tollgate_refused_calls_total", "disabled", "api"] == 2


def test_logins_and_reveals_are_told_apart_from_other_events(reporter, tmp_path):
    metrics.events.add(str(Action.LOGIN))
    metrics.events.add(str(Action.LOGIN_FAILED), times=2)
    metrics.events.add(str(Action.TOKEN_REVEALED), times=3)
    metrics.events.add(str(Action.TOKEN_CREATED))
    reporter.write()

    found = told(tmp_path)

    assert found["tollgate_logins_total", "success"] == 1
    assert found["tollgate_logins_total", "failure"] == 2
    assert found["tollgate_reveals_total", "token"] == 3
    assert found["tollgate_audit_events_total", "token_created"] == 1


def test_the_dead_leave_what_they_counted_and_nothing_else(
    ask, measured, question, tmp_path
):
    with closing(MetricsReporter(tmp_path, "gateway", ask.gate, measured)) as dead:
        question(f"{ASK}logs")
        dead.write()
        assert told(tmp_path)["tollgate_processes", "gateway"] == 1
    assert ("tollgate_processes", "gateway") not in told(tmp_path)

    with closing(MetricsReporter(tmp_path, "gateway", ask.gate, measured)) as living:
        living.write()
        found = told(tmp_path)

    assert found["tollgate_processes", "gateway"] == 1
    # Both told of the same gate.
    assert found[f"{DURATION}_count", "logs", "401"] == 2


def test_of_several_processes_the_worst_is_told(ask, measured, tmp_path, monkeypatch):
    now = time.monotonic()
    gates = [
        SimpleNamespace(
            **vars(ask.gate)
            | {
                "watcher": SimpleNamespace(
                    snapshot=replace(ask.gate.watcher.snapshot, seen_at=seen_at)
                )
            }
        )
        for seen_at in (now, now - 500.0, -inf)
    ]
    reporters = [MetricsReporter(tmp_path, "portal", gate, measured) for gate in gates]
    for reporter, skew in zip(reporters, (0.5, -3.0, 1.0), strict=True):
        monkeypatch.setattr(clock, "skew", skew)
        reporter.write()

    found = told(tmp_path)

    for reporter in reporters:
        reporter.close()
    assert found["tollgate_processes", "portal"] == 3
    assert found["tollgate_clock_offset_seconds", "portal"] == -3.0
    # One that has not looked yet is not taken for one that looked in the year 0, or now.
    assert 500 <= found["tollgate_generations_age_seconds", "portal"] < 100_000
    assert found["tollgate_report_age_seconds", "portal"] >= 0


def test_a_pool_is_told_and_sqlite_has_none():
    stats = {"pool_size": 5, "pool_available": 2, "requests_waiting": 1}
    pool = SimpleNamespace(get_stats=lambda: stats)

    assert list(pool_gauges(None)) == []
    assert list(pool_gauges(pool)) == [
        ("tollgate_database_pool_connections", ("used",), 3),
        ("tollgate_database_pool_connections", ("idle",), 2),
        ("tollgate_database_pool_waiting", (), 1),
    ]


def test_memory_is_told_where_the_system_tells_it(monkeypatch):
    assert report.resident_memory() > 10_000_000

    def nowhere(_):
        raise FileNotFoundError

    monkeypatch.setattr(
        report, "Path", lambda path: SimpleNamespace(read_text=lambda: nowhere(path))
    )

    assert report.resident_memory() == 0


def test_who_is_not_asked_tells_nothing(ask, measured, monkeypatch, tmp_path):
    monkeypatch.delenv(FOLDER, raising=False)
    assert reporter_of("portal", ask.gate, measured) is None

    monkeypatch.setenv(FOLDER, str(tmp_path))
    with closing(reporter_of("portal", ask.gate, measured)) as reporter:
        reporter.write()

    assert [told["listener"] for told, _ in reports(tmp_path)] == ["portal"]


def test_a_process_tells_until_its_end(ask, monkeypatch):
    tasks, ends, written = [], [], []
    reporter = SimpleNamespace(write=lambda: written.append(1))
    monkeypatch.setattr(background, "_every", lambda _, task, over: tasks.append(task))
    monkeypatch.setattr(background.atexit, "register", lambda *call: ends.append(call))

    background.start(ask.gate, reporter=reporter)
    [(end, *arguments)] = ends
    end(*arguments)

    assert reporter.write in tasks
    assert written == [1]


def test_what_a_receiver_of_usage_does_not_have_is_told(
    reporter, tmp_path, settings, monkeypatch
):
    name = "tollgate_remote_write_unsent_calls"
    reporter.write()
    assert (name,) not in told(tmp_path)

    settings.REMOTE_WRITE_URL = "http://127.0.0.1:9/api/v1/write"
    monkeypatch.setattr(remote_writer.totals, "unsent", 7)
    metrics.remote_writes.add("failed")
    reporter.write()

    assert told(tmp_path)[name,] == 7
    assert told(tmp_path)["tollgate_remote_write_requests_total", "failed"] == 1
