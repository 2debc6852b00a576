"""The rounds over all hosts that policies end tokens in."""

from datetime import timedelta

import pytest

from tests.factories import TokenFactory
from tests.tokens.policies.conftest import NOON
from tests.tokens.policies.ends import midnight, planned, reason
from tokens.kinds import Kind
from tokens.models import PlannedEnd, PolicyRound
from tokens.policies import ends


def test_a_round_is_done_once_in_a_while_over_all_hosts(old, ask):
    ask(Kind.API, unused_days=90)
    ends.carry_on()
    old()

    ends.carry_on()

    assert planned() == []
    assert PolicyRound.take() is None


def test_a_policy_that_is_saved_is_looked_at_at_once(old, ask):
    ends.carry_on()
    old()
    ask(Kind.API, unused_days=90)

    ends.carry_on()

    assert len(planned()) == 1


def test_a_worker_that_dies_is_followed_by_another(old, ask, clock):
    old()
    ask(Kind.API, unused_days=90)
    assert PolicyRound.take()
    assert PolicyRound.take() is None

    clock.shift(timedelta(minutes=11))
    ends.carry_on()

    assert len(planned()) == 1


def test_after_a_pause_or_a_leap_everything_is_told_anew(old, ask, round_later, clock):
    token = old()
    ask(Kind.API, unused_days=90)
    round_later()

    clock.shift(timedelta(days=60))
    ends.carry_on()

    assert reason(token) == ""
    assert planned() == [("Old", "unused", midnight(74))]
    assert PlannedEnd.objects.get().announced_at is None


@pytest.mark.parametrize(
    ("pause", "ends_at"),
    [
        (timedelta(days=1), midnight(14)),
        (timedelta(days=1, seconds=1), midnight(25)),
    ],
)
def test_a_pause_of_more_than_a_day_puts_ends_off(
    old, ask, round_later, clock, pause, ends_at
):
    old()
    ask(Kind.API, unused_days=90)
    round_later()
    round_later(days=10)

    clock.move_to(PolicyRound.objects.get().seen_at + pause)
    ends.carry_on()

    assert planned() == [("Old", "unused", ends_at)]


def test_an_end_that_has_another_cause_says_so(old, ask, round_later):
    old()
    ask(Kind.API, unused_days=90)
    round_later()
    ask(Kind.API, note_required=True, ends_outside_at=midnight(30))

    round_later()

    assert planned() == [("Old", "outside", midnight(30))]


def test_what_a_wrong_clock_planned_is_forgotten(old, ask, round_later, clock):
    token = old(1)
    ask(Kind.API, unused_days=90)
    round_later()
    clock.shift(timedelta(days=300))
    round_later()
    assert planned() == [("Old", "unused", midnight(314))]

    clock.move_to(NOON + timedelta(hours=1))
    ends.carry_on()

    assert (planned(), reason(token)) == ([], "")
    clock.shift(timedelta(minutes=6))
    assert PolicyRound.take()


def test_what_a_wrong_clock_noted_as_told_is_told_anew(old, ask, round_later, clock):
    old()
    ask(Kind.API, unused_days=90)
    round_later(told=False)
    PlannedEnd.objects.update(
        planned_at=NOON - timedelta(hours=1), announced_at=NOON + timedelta(days=300)
    )

    clock.move_to(NOON)
    PolicyRound.wake()
    ends.carry_on()

    assert PlannedEnd.objects.get().announced_at is None


def test_a_token_that_is_purged_meanwhile_is_no_trouble(db):
    ends._end(77, NOON)


def test_policies_of_before_leave_no_ends_behind(main, ask, round_later):
    token = TokenFactory(account=main)
    PlannedEnd.objects.create(
        token=token,
        cause="outside",
        ends_at=NOON,
        planned_at=NOON,
        announced_at=NOON - timedelta(days=20),
    )

    ends._end(token.pk, NOON)

    assert (reason(token), planned()) == ("", [])
