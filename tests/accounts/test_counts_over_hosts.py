"""Calls that several hosts count in one Valkey or Redis."""

import multiprocessing
import shutil
import subprocess
from collections import Counter
from contextlib import contextmanager

import pytest
from redis import ConnectionError as NotConnected

from accounts.rate_limits import breaker, call_rates, over_hosts
from accounts.rate_limits.over_hosts import CountsOverHosts
from accounts.rate_limits.shared_counts import SharedCounts
from tests.accounts.counting_host import CALLS, count_often
from tests.waiting import PATIENCE_SECONDS, wait_until


class Store(Counter):
    """Stands for the service: what is written to it, and whether it answers."""

    answers = True

    def ping(self):
        self.require_answer()
        return True

    def pipeline(self):
        return Both(self)

    def require_answer(self):
        if not self.answers:
            raise NotConnected("nobody listens")


class Both:
    def __init__(self, store):
        self.store, self.done = store, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def incrby(self, name, amount):
        self.store[name] += amount
        self.done.append(self.store[name])
        return self

    def expire(self, name, seconds):
        assert seconds > 60
        self.done.append(True)
        return self

    def execute(self):
        self.store.require_answer()
        return self.done


@pytest.fixture
def store(monkeypatch):
    store = Store()
    monkeypatch.setattr(over_hosts.Redis, "from_url", lambda *_, **__: store)
    return store


@pytest.fixture
def hosts(store):
    return [CountsOverHosts(SharedCounts(), "redis://cache.example") for _ in range(2)]


@pytest.fixture
def time_passes(monkeypatch):
    """Move on the clock by which the service is asked again."""
    now = [1000.0]
    monkeypatch.setattr(breaker.time, "monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, now[0] + seconds)


def test_hosts_count_together(hosts):
    one, two = hosts

    counted = [each.add(0, "token 5", 120) for each in (one, two, one)]

    assert counted == [1, 2, 3]


def test_each_call_is_told_whatever_the_limit_is(hosts):
    one, two = hosts

    counted = [each.count(0, "5", 120, 600) for each in (one, two, one)]

    assert counted == [1, 2, 3]


def test_every_key_section_and_minute_counts_for_itself(hosts):
    one, two = hosts
    one.add(0, "token 5", 120)

    others = [(0, "token 6", 120), (1, "token 5", 120), (0, "token 5", 180)]

    assert [two.add(*each) for each in others] == [1, 1, 1]


def test_a_call_is_taken_back_everywhere(hosts):
    one, two = hosts
    one.add(0, "a", 120)
    two.add(0, "a", 120)

    two.take_back(0, "a", 120)

    assert two.add(0, "a", 120) == 2


def test_the_service_is_told_no_address_and_no_token(hosts, store):
    hosts[0].add(0, "192.0.2.77", 120)

    assert not any("192.0.2" in name for name in store)


def test_a_host_counts_for_itself_while_the_service_is_away(hosts, store, caplog):
    one, two = hosts
    one.add(0, "a", 120)
    store.answers = False

    assert [one.add(0, "a", 120), one.add(0, "a", 120)] == [2, 3]
    assert two.add(0, "a", 120) == 1
    assert "does not count (nobody listens)" in caplog.text


def test_a_service_that_is_away_is_asked_seldom(hosts, store, time_passes):
    one, _ = hosts
    store.answers = False
    one.add(0, "a", 120)
    asked = sum(store.values())

    one.add(0, "a", 120)
    one.take_back(0, "a", 120)
    assert sum(store.values()) == asked

    store.answers = True
    time_passes(breaker.AWAY_SECONDS)
    one.add(0, "a", 120)
    assert sum(store.values()) == asked + 1


def test_what_was_flushed_is_not_allowed_again(hosts, store):
    one, _ = hosts
    for _ in range(5):
        one.add(0, "a", 120)

    store.clear()

    assert one.add(0, "a", 120) == 6


def test_readiness_has_the_log_say_that_hosts_count_apart(
    client, db, hosts, store, monkeypatch, caplog
):
    monkeypatch.setattr(call_rates, "counts", hosts[0])
    store.answers = False

    assert client.get("/readyz").status_code == 200

    assert "each host counts calls for itself" in caplog.text


def test_nothing_is_imported_for_a_service_that_is_not_there(store):
    assert isinstance(call_rates.counted(""), SharedCounts)
    assert isinstance(call_rates.counted("redis://cache.example"), CountsOverHosts)


needs_redis = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="needs redis-server"
)


@contextmanager
def serving(socket):
    """Run Debian's own at a socket."""
    only_there = "--port", "0", "--unixsocket", socket, "--dir", socket.parent
    forgetful = "--save", "", "--appendonly", "no", "--daemonize", "no"
    with subprocess.Popen(
        [shutil.which("redis-server"), *map(str, only_there), *forgetful],
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            wait_until(socket.exists)
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


@needs_redis
def test_no_call_is_lost_between_hosts(tmp_path):
    starting = multiprocessing.get_context("spawn")
    said, url = starting.Queue(), f"unix://{tmp_path}/redis.sock"
    hosts = [starting.Process(target=count_often, args=(url, said)) for _ in "ab"]
    with serving(tmp_path / "redis.sock"):
        for host in hosts:
            host.start()
        counted = [said.get(timeout=PATIENCE_SECONDS) for _ in hosts]
        for host in hosts:
            host.join()

        third = CountsOverHosts(SharedCounts(), url)

        assert max(counted) == 2 * CALLS
        assert third.add(0, "token 5", 120) == 2 * CALLS + 1


@needs_redis
def test_a_service_goes_and_comes_back(tmp_path, time_passes):
    socket = tmp_path / "redis.sock"
    one, two = (CountsOverHosts(SharedCounts(), f"unix://{socket}") for _ in "ab")
    with serving(socket):
        assert [one.add(0, "a", 120), two.add(0, "a", 120)] == [1, 2]

    assert [one.add(0, "a", 120), two.add(0, "a", 120)] == [2, 2]

    with serving(socket):
        time_passes(breaker.AWAY_SECONDS)
        # It has forgotten all; each host's own count still holds.
        assert [one.add(0, "a", 120), two.add(0, "a", 120)] == [3, 3]
        assert [one.add(0, "b", 120), two.add(0, "b", 120)] == [1, 2]


@needs_redis
def test_the_service_forgets_by_itself(tmp_path):
    socket = tmp_path / "redis.sock"
    with serving(socket):
        counts = CountsOverHosts(SharedCounts(), f"unix://{socket}")
        counts.add(0, "a", 120)

        (name,) = counts._service.keys()

        assert 60 < counts._service.ttl(name) <= over_hosts.KEPT_SECONDS
