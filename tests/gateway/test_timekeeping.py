import logging
import time

import pytest
import time_machine
from django.utils import timezone

from accounts.clock import Clock
from gateway.verify.clock_skew import DatabaseTime, Jumps, OwnTime, SkewAlarm

NOON = "2026-05-01T12:00:00Z"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def test_the_databases_clock_is_followed_once_it_is_certainly_another():
    database = DatabaseTime()

    assert database.read(100.0, 100.1, 100.2) == 0.0
    assert database.read(100.0, 190.1, 100.2) == pytest.approx(90.0)
    # Within what a slow answer leaves open, nothing is changed.
    assert database.read(100.0, 191.0, 102.0) == pytest.approx(90.0)
    assert database.read(100.0, 100.1, 100.2) == pytest.approx(0.0)


def test_our_own_clock_is_held_while_it_goes_back(clock):
    own = OwnTime()
    assert own.read() == 0.0
    noon = time.time()

    clock.shift(-3600)
    assert own.read() == 3600
    clock.shift(3000)
    assert time.time() + own.read() == noon
    clock.shift(601)
    assert own.read() == 0.0


def test_a_clock_that_was_far_off_is_believed_when_it_is_set_right(clock):
    own = OwnTime()
    own.read()

    clock.shift(-3 * 3600)

    assert own.read() == 0.0


@pytest.mark.parametrize(
    ("jump", "told"), [(4, ""), (3600, "by +3600.0"), (-3600, "by -3600.0")]
)
def test_jumps_are_told(clock, caplog, monkeypatch, jump, told):
    monkeypatch.setattr("gateway.verify.clock_skew.time.monotonic", lambda: 7.0)
    jumps = Jumps()
    jumps.look()

    clock.shift(jump)
    jumps.look()
    jumps.look()

    assert told in caplog.text
    assert len(caplog.records) == bool(told)


def test_a_skew_is_told_once_a_minute(caplog, monkeypatch):
    moments = iter([0.0, 30.0, 61.0, 90.0])
    monkeypatch.setattr(
        "gateway.verify.clock_skew.time.monotonic", lambda: next(moments)
    )
    alarm, clock = SkewAlarm(), Clock(skew=-90.0)

    with caplog.at_level(logging.ERROR):
        for skew in (-90.0, -90.0, 90.0, 1.0):
            clock.skew = skew
            alarm.tell(clock)

    assert [record.getMessage().partition(".")[0] for record in caplog.records] == [
        "The clock of this host is 90",
        "The clock of this host is 90",
    ]
    assert "90.0 seconds ahead of the database's" in caplog.text
    assert "90.0 seconds behind the database's" in caplog.text


def test_time_is_ours_with_what_is_to_be_added(clock):
    assert Clock().now() == timezone.now()
    assert Clock(offset=90.0).now() == timezone.now() + timezone.timedelta(seconds=90)
