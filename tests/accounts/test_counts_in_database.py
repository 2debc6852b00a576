"""Calls that several hosts count in the database, each telling it of parts only."""

import time

import pytest
from django.db import OperationalError, connection

from accounts.models import CallCount
from accounts.models.call_counts import add
from accounts.rate_limits import breaker, call_rates, in_database
from accounts.rate_limits.in_database import PARTS, CountsInDatabase, slot_of
from accounts.rate_limits.shared_counts import SLOTS, TRIED, SharedCounts

QUOTA, NOW = 600, 6_000.0
PART = QUOTA // PARTS
TOKEN, FAILURES = (call_rates.TABLES.index(each) for each in ("token", "failures"))


@pytest.fixture
def hosts(db):
    return [CountsInDatabase() for _ in range(2)]


def passed(hosts, calls, *, section=TOKEN, key="7", quota=QUOTA, now=NOW):
    """Return how many of many calls pass, made at hosts in turn."""
    return sum(
        hosts[number % len(hosts)].count(section, key, now, quota) <= quota
        for number in range(calls)
    )


def away(*_):
    raise OperationalError("nobody answers")


def test_hosts_let_through_no_more_than_a_twentieth_too_many(hosts):
    found = passed(hosts, 3 * QUOTA)

    assert QUOTA <= found <= QUOTA + PART


def test_a_host_that_hardly_calls_is_told_what_others_did(hosts):
    one, other = hosts
    assert passed([one], QUOTA) == QUOTA

    assert passed([other], QUOTA) < PART
    # In the next minute it is as before.
    assert passed([other], QUOTA, now=NOW + 60) == QUOTA


def test_one_host_lets_through_exactly_the_limit(hosts):
    assert passed(hosts[:1], 2 * QUOTA) == QUOTA


def test_few_calls_cost_no_question(hosts, django_assert_num_queries):
    with django_assert_num_queries(0):
        passed(hosts, 2 * (PART - 1))
    with django_assert_num_queries(1):
        passed(hosts[:1], PART)


def test_what_is_refused_is_told_of_no_more(hosts, django_assert_num_queries):
    passed(hosts[:1], 2 * QUOTA)

    with django_assert_num_queries(0):
        passed(hosts[:1], QUOTA)


def test_tokens_and_strangers_are_told_apart(hosts):
    for section, key in ((TOKEN, "7"), (TOKEN, "8"), (1, "7"), (FAILURES, "192.0.2.1")):
        assert passed(hosts[:1], QUOTA, section=section, key=key) == QUOTA
    assert CallCount.objects.count() == 4


def test_a_flood_of_strangers_is_none_at_the_database(
    hosts, monkeypatch, django_assert_max_num_queries
):
    moment = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    with django_assert_max_num_queries(2 * in_database.MOST_TOLD):
        for number in range(100):
            passed(hosts[:1], 10, section=FAILURES, key=f"192.0.2.{number}", quota=60)
    told = CallCount.objects.count()
    moment += 1
    passed(hosts[:1], 10, section=FAILURES, key="198.51.100.1", quota=60)

    assert CallCount.objects.count() == told + 1


def test_without_the_database_each_host_counts_for_itself(hosts, monkeypatch, caplog):
    moment = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    with monkeypatch.context() as gone:
        gone.setattr(in_database, "add", away)
        assert passed(hosts, 3 * QUOTA) == 2 * QUOTA
    # Each once.
    assert caplog.text.count("The database does not count calls") == 2
    # Nor is it asked at once.
    passed(hosts, 2 * PART, key="8")
    assert not CallCount.objects.exists()
    moment += breaker.AWAY_SECONDS
    passed(hosts, 2 * PART, key="8")

    assert CallCount.objects.get().slot == slot_of(TOKEN, "8")


def test_a_key_without_a_place_is_counted_here_only(hosts):
    host, number = hosts[0], 1_000_000
    # Both tables are full of others.
    for table in (6, 7):
        for slot in range(SLOTS):
            host._words[2 * (table * SLOTS + slot)] = number + slot
            host._words[2 * (table * SLOTS + slot) + 1] = int(NOW) // 60 << 32 | 1

    assert passed([host], 2 * QUOTA) == QUOTA
    host.note_others("0 7", NOW, 5)
    assert host.others("0 7", NOW) == 0
    assert not CallCount.objects.exists()
    assert TRIED < SLOTS


@pytest.mark.parametrize(
    ("there", "minute", "total"),
    [(98, 100, 5), (99, 100, 5), (100, 100, 12), (101, 101, 12), (102, 100, 5)],
)
def test_a_host_that_is_behind_counts_in_the_minute_of_the_others(
    db, there, minute, total
):
    CallCount.objects.create(slot=1, minute=there, calls=7)

    assert add(connection, 1, 100, 5) == total

    assert str(CallCount.objects.get()) == f"{total} calls in minute {minute}"


def test_where_calls_are_counted_goes_by_what_there_is():
    assert type(call_rates.counted("", "accounts.postgresql")) is CountsInDatabase
    assert type(call_rates.counted("", "config.sqlite3")) is SharedCounts
    assert SharedCounts().count(TOKEN, "7", NOW, QUOTA) == 1
