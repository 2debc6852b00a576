"""What a process counts of itself."""

import sys
import threading

import pytest
from django.db import transaction

from accounts import metrics
from accounts.audit.trail import Actor, record
from accounts.metrics import BUCKET_BOUNDS, Cell, Counter, Counts, Durations
from accounts.models import Action

THREADS, TIMES = 4, 5_000


@pytest.fixture
def in_turns():
    """Let threads come into each other's way as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def together(call):
    def calls():
        for _ in range(TIMES):
            call()

    threads = [threading.Thread(target=calls) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_counter_misses_no_thread_and_looking_changes_nothing(in_turns):
    counter = Counter()

    together(counter.step)

    assert [counter.look(), counter.look()] == [THREADS * TIMES] * 2
    counter.step()
    assert counter.look() == THREADS * TIMES + 1


def test_a_histogram_misses_no_thread(in_turns):
    times = Durations()

    together(lambda: times.note(("logs",), 0.5))

    [cell] = times.cells.values()
    buckets, seconds = cell.look()
    assert sum(buckets) == THREADS * TIMES
    assert seconds == THREADS * TIMES / 2


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [
        (0.0, 0),
        (BUCKET_BOUNDS[0], 0),
        (BUCKET_BOUNDS[1], 1),
        (0.002, 5),
        (60.0, len(BUCKET_BOUNDS)),
    ],
)
def test_a_duration_lies_in_the_bucket_whose_limit_it_does_not_pass(seconds, bucket):
    cell = Cell()

    cell.note(seconds)

    buckets, total = cell.look()
    assert (buckets.index(1), sum(buckets), total) == (bucket, 1, seconds)


def test_counts_are_kept_by_their_labels():
    counts = Counts()

    counts.add("a", "b")
    counts.add("a", "b", times=2)
    counts.add("a", "c")

    assert counts.look() == {("a", "b"): 3, ("a", "c"): 1}


def test_events_are_counted_when_they_are_there(
    db, main, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(metrics.events, "_counts", metrics.Tallied())

    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            record(Action.LOGIN, by=Actor("x"), account=main)
            transaction.set_rollback(True)
        record(Action.TOKEN_REVEALED, by=Actor("x"), account=main)

    assert metrics.events.look() == {("token_revealed",): 1}


def test_requests_are_counted_by_what_strangers_cannot_invent(client, db, monkeypatch):
    monkeypatch.setattr(metrics.requests, "_counts", metrics.Tallied())
    client.get("/livez")
    client.get("/login/")
    client.get("/no-such-page-1/")
    client.get("/no-such-page-2/")
    client.get("/static/none.css")
    client.get("/v2/whoami")
    client.generic("BREW", "/livez")

    assert metrics.requests.look() == {
        ("probe", "GET", "200"): 1,
        ("page", "GET", "200"): 1,
        ("page", "GET", "404"): 2,
        ("static", "GET", "404"): 1,
        ("api", "GET", "403"): 1,
        ("probe", "other", "405"): 1,
    }
    assert metrics.request_times.cells.keys() >= {("probe",), ("page",), ("api",)}
