"""The store in which tries are counted, for all workers and hosts."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import Tries
from accounts.rate_limits.limiter import SLOTS, Limit, TooManyTries, settle, spend

NOON = "2026-01-01 12:00Z"
# Three at once, then 10, 20, 40, 60 seconds; one is forgiven in ten minutes.
LIMIT = Limit(90, 3, 600, 10, 60)
FORGIVING = Limit(91, 3, 600, 10, 60, forgiving=True)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def wait(limit=LIMIT, subject="a"):
    """Try once; return after how many seconds that is possible, 0 for at once."""
    try:
        spend((limit, subject))
    except TooManyTries as refusal:
        return refusal.retry_after
    return 0


@pytest.mark.django_db
def test_the_wait_doubles_with_each_further_try(clock):
    waits = []
    for _ in range(8):
        while seconds := wait():
            waits.append(seconds)
            clock.shift(seconds)

    assert waits == [10, 20, 40, 60, 60]


@pytest.mark.django_db
def test_time_forgives(clock):
    first = [wait() for _ in range(4)]
    clock.shift(3 * 600)
    again = [wait() for _ in range(4)]

    assert first == again == [0, 0, 0, 10]


@pytest.mark.django_db
def test_what_is_refused_counts_for_nothing(clock):
    for _ in range(10):
        wait()
    clock.shift(10)

    assert [wait(), wait()] == [0, 20]


@pytest.mark.django_db
def test_one_limit_of_several_that_waits_keeps_the_others_from_counting(clock):
    for _ in range(3):
        spend((LIMIT, "a"))

    for _ in range(5):
        with pytest.raises(TooManyTries):
            spend((LIMIT, "a"), (FORGIVING, "b"))

    assert [wait(FORGIVING, "b") for _ in range(4)] == [0, 0, 0, 10]


@pytest.mark.parametrize(("limit", "left"), [(LIMIT, 1), (FORGIVING, 3)])
@pytest.mark.django_db
def test_a_success_takes_its_own_try_back_or_all(clock, limit, left):
    spend((limit, "a"))
    spend((limit, "a"))

    settle(spend((limit, "a")))

    assert [wait(limit) for _ in range(4)].index(10) == left


@pytest.mark.django_db
def test_a_clock_that_goes_back_neither_forgives_nor_shuts(clock):
    for back in (0, 3600, 3600):
        clock.shift(-back)
        assert wait() == 0
    clock.shift(-3600)

    assert wait() == 10
    assert Tries.objects.get().level == 3


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (119, "119 seconds"), (120, "2 minutes"), (121, "3 minutes")],
)
def test_a_wait_is_told_in_words(seconds, words):
    assert str(TooManyTries(seconds)) == (
        f"That was tried too often. Wait {words}, then try again."
    )


def test_subjects_count_apart_and_limits_have_slots_of_their_own():
    subjects = range(1000)

    slots = {limit: {limit.slot(x) for x in subjects} for limit in (LIMIT, FORGIVING)}

    for limit, found in slots.items():
        assert len(found) > 950
        assert {slot // SLOTS for slot in found} == {limit.number}
    assert {slot % SLOTS for slot in slots[LIMIT]} != {
        slot % SLOTS for slot in slots[FORGIVING]
    }


@pytest.mark.django_db
def test_a_flood_of_subjects_lets_nobody_through(clock, monkeypatch):
    monkeypatch.setattr("accounts.rate_limits.limiter.SLOTS", 8)
    for _ in range(3):
        spend((LIMIT, "a"))
    flood = [wait(LIMIT, number) for number in range(200)]

    assert Tries.objects.count() <= 8
    # Each slot lets three through, and whoever comes after shares the wait.
    assert flood.count(0) <= 3 * 7
    assert wait() == 10


def test_a_very_high_level_has_the_longest_wait():
    assert LIMIT.wait(1e9) == timedelta(seconds=60)


def test_rows_say_what_they_are():
    assert str(Tries(slot=5)) == "slot 5"
