"""Calls of a limit, of which hosts take parts: never too many, and few missing."""

import threading

import pytest
from django.db import OperationalError

from accounts.rate_limits import breaker, call_rates
from accounts.rate_limits.breaker import AWAY_SECONDS
from accounts.rate_limits.leases import PARTS, Leases
from accounts.rate_limits.shared_counts import SLOTS, TRIED, SharedCounts

NOW = 6_000.0


class Shared:
    """Stands for the count in the database."""

    def __init__(self):
        self.total = self.asked = 0
        self.is_away = False
        self.lock = threading.Lock()

    def __call__(self, calls):
        self.asked += 1
        if self.is_away:
            raise OperationalError("nobody answers")
        with self.lock:
            self.total += calls
            return self.total


class Host:
    """A host with memory of its own, and a limit that it shares with others."""

    def __init__(self, shared, most):
        self.counts, self.leases = SharedCounts(), Leases()
        self.shared, self.most = shared, most

    def call(self, now=NOW):
        call_rates.counts = self.counts
        return self.leases.spend("token 1", self.most, now, self.shared)


def passed(hosts, calls):
    """Return how many of many calls pass, made at the hosts in turn."""
    return sum(hosts[number % len(hosts)].call() for number in range(calls))


@pytest.fixture(autouse=True)
def _own_counts(monkeypatch):
    monkeypatch.setattr(call_rates, "counts", call_rates.counts)


@pytest.fixture
def shared():
    return Shared()


@pytest.mark.parametrize("most", [1, 2, 10, 49, 50, 51, 99, 100, 101, 1000, 12_345])
def test_one_host_lets_through_exactly_the_limit(shared, most):
    assert passed([Host(shared, most)], most + 500) == most


@pytest.mark.parametrize("most", [1, 10, 60, 600, 6_000])
@pytest.mark.parametrize("number", [2, 5])
def test_several_hosts_keep_the_limit_within_a_tenth(shared, most, number):
    hosts = [Host(shared, most) for _ in range(number)]

    assert 0.9 * most <= passed(hosts, 2 * most + 500) <= most


def test_hosts_that_fall_silent_keep_less_than_a_tenth(shared):
    hosts = [Host(shared, 600) for _ in range(5)]
    first = passed(hosts, 5)

    rest = passed(hosts[:1], 2000)

    assert 540 <= first + rest <= 600


def test_what_is_shared_is_asked_a_bounded_number_of_times(shared):
    hosts = [Host(shared, 10_000) for _ in range(3)]

    passed(hosts, 30_000)

    assert shared.asked <= PARTS + len(hosts)


def test_the_next_minute_begins_anew(shared):
    host = Host(shared, 3)
    before = passed([host], 5)

    shared.total = 0

    assert (before, [host.call(NOW + 60) for _ in range(4)]) == (
        3,
        [True] * 3 + [False],
    )


def test_another_limit_holds_at_once(shared):
    host = Host(shared, 1_000)
    passed([host], 30)

    host.most = 10

    assert not host.call()


def test_without_what_is_shared_each_host_has_the_limit(shared, caplog):
    shared.is_away = True
    hosts = [Host(shared, 100) for _ in range(2)]

    assert passed(hosts, 500) == 200
    # It is not asked again for every part.
    assert shared.asked == 2
    assert "each host counts for itself" in caplog.text


def test_what_was_taken_before_it_went_away_counts(shared, monkeypatch):
    host, now = Host(shared, 100), [0.0]
    monkeypatch.setattr(breaker.time, "monotonic", lambda: now[0])
    before = passed([host], 40)
    shared.is_away = True
    away = passed([host], 40)

    shared.is_away, now[0] = False, AWAY_SECONDS + 1

    assert (before, away, passed([host], 100)) == (40, 40, 20)


def test_threads_of_a_host_never_pass_too_many(shared):
    host, passed_in = Host(shared, 500), []
    call_rates.counts = host.counts

    def calls():
        passed_in.append(
            sum(host.leases.spend("token 1", 500, NOW, shared) for _ in range(400))
        )

    threads = [threading.Thread(target=calls) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(passed_in) == 500


def test_a_token_without_a_place_of_its_own_asks_each_time(shared):
    counts = SharedCounts()
    # As many others as a key can stand beside.
    for number in range(SLOTS + TRIED):
        counts.put(f"other {number}", NOW, 5)
    keys = (f"token {number}" for number in range(10_000))
    key = next(key for key in keys if _is_crowded(counts, key))

    counts.put(key, NOW, 7)

    assert counts.draw(key, NOW) is None


def _is_crowded(counts, key):
    counts.put(key, NOW, 1)
    return counts.draw(key, NOW) is None
