"""What a policy ends: when it is planned, put off, taken back and done.

Whoever tells of it is in tests/gateway/reminders/test_policies.py; here that is noted by
hand.
"""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.clock import clock as now
from accounts.models import Action, AuditEvent
from tests.factories import BY, TokenFactory
from tests.tokens.policies.conftest import NOON
from tests.tokens.policies.ends import midnight, planned, reason
from tokens.kinds import Kind
from tokens.models import PlannedEnd, Token
from tokens.policies import ends


@pytest.mark.parametrize(
    ("used", "changed", "ends_at"),
    [
        # Two weeks to the end of a day, at least.
        (100, 200, midnight(14)),
        (None, 200, midnight(14)),
        (76.01, 200, midnight(14)),
        (74, 200, None),
        (100, 74, None),
        (None, 74, None),
    ],
)
def test_what_is_unused_ends_two_weeks_after_it_was_seen(
    old, ask, round_later, used, changed, ends_at
):
    old(used, changed=changed)
    ask(Kind.API, unused_days=90)

    round_later()

    assert planned() == ([("Old", "unused", ends_at)] if ends_at else [])


@pytest.mark.parametrize(("minute", "days"), [(59, 14), (60, 15)])
def test_who_is_to_be_told_has_an_hour_for_it(minute, days):
    late = datetime(2026, 11, 23, 22, tzinfo=UTC) + timedelta(minutes=minute)

    assert ends.soonest(late) == midnight(days)


def test_what_nobody_was_told_of_moves_on(old, ask, round_later):
    old()
    ask(Kind.API, unused_days=90)

    round_later(told=False)
    round_later(days=1, told=False)

    assert planned() == [("Old", "unused", midnight(15))]


def test_it_ends_when_its_time_is_over_if_that_is_later(old, ask, round_later):
    old(75.5)
    ask(Kind.API, unused_days=90)

    round_later(hours=13)

    # 15 of the 90 days are left, and the end of the 14th from now lies before.
    assert planned() == [("Old", "unused", midnight(15))]


def test_what_was_used_after_it_was_told_ends_later(old, ask, round_later):
    token = old()
    ask(Kind.API, unused_days=90)
    round_later()
    round_later(days=9)
    Token.objects.filter(pk=token.pk).update(last_used_at=NOON - timedelta(days=67))

    round_later(hours=6)

    assert planned() == [("Old", "unused", NOON + timedelta(days=23))]


def test_an_unused_token_is_disabled_and_can_be_reactivated(
    old, ask, round_later, main
):
    token = old()
    ask(Kind.API, unused_days=90)
    round_later()

    round_later(days=14)
    assert reason(token) == ""
    round_later(days=1)

    assert reason(token) == "Not used for 90 days, after which the policy disables it"
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.actor_label, event.account) == (
        Action.TOKEN_DISABLED,
        "policy",
        main,
    )
    assert planned() == []
    token.enable(by=BY)
    round_later()
    assert planned() == []


def test_what_is_used_meanwhile_works_on(old, ask, round_later):
    token = old()
    ask(Kind.API, unused_days=90)
    round_later()
    token.note_use("203.0.113.9", "curl")

    round_later()
    assert planned() == []

    # And in the very moment of the end.
    PlannedEnd.objects.create(
        token=token,
        cause="unused",
        ends_at=NOON,
        planned_at=NOON,
        announced_at=NOON - timedelta(days=20),
    )
    ends.end_due(now.now())
    assert (reason(token), planned()) == ("", [])


def test_nothing_ends_that_was_not_told(old, ask, round_later):
    token = old()
    ask(Kind.API, unused_days=90)

    round_later(told=False)
    round_later(days=30, told=False)

    assert reason(token) == ""
    assert planned() == [("Old", "unused", midnight(44))]


def test_it_is_over_at_the_very_moment(old, ask, clock):
    token = old(90)
    ask(Kind.API, unused_days=90)
    long_ago = NOON - timedelta(days=20)
    PlannedEnd.objects.create(
        token=token,
        cause="unused",
        ends_at=NOON,
        planned_at=long_ago,
        announced_at=long_ago,
    )

    ends.end_due(NOON)

    assert reason(token) != ""


def test_what_was_told_late_ends_late(old, ask, round_later):
    token = old()
    ask(Kind.API, unused_days=90)
    round_later()
    PlannedEnd.objects.update(announced_at=NOON + timedelta(days=5))

    round_later(days=18)
    assert reason(token) == ""
    round_later(days=1)
    assert reason(token) != ""


def test_the_last_log_token_and_stopped_ones_are_left_alone(
    main, old, ask, round_later
):
    Token.objects.update(updated_at=NOON - timedelta(days=300))
    old(name="disabled").disable(by=BY)
    Token.objects.filter(name="disabled").update(updated_at=NOON - timedelta(days=300))
    ask(Kind.LOGS, unused_days=90)
    ask(Kind.API, unused_days=90)

    round_later()

    assert main.tokens.get(name="default").last_used_at is None
    assert planned() == []


def test_the_last_log_token_stays_outside_of_a_policy(main, ask, round_later):
    ask(Kind.LOGS, note_required=True, ends_outside_at=midnight(30))

    round_later()

    assert planned() == []


def test_of_two_unused_log_tokens_one_stays(main, old, ask, round_later):
    old(kind=Kind.LOGS)
    Token.objects.update(updated_at=NOON - timedelta(days=300))
    ask(Kind.LOGS, unused_days=90)
    round_later()
    assert len(planned()) == 2

    round_later(days=16)

    assert main.tokens.of_kind(Kind.LOGS).enabled().count() == 1


def test_what_is_outside_ends_at_the_date(main, ask, round_later):
    token = TokenFactory(account=main, name="Bare")
    mended = TokenFactory(account=main, name="Mended")
    TokenFactory(account=main, name="Noted", note="CI")
    date = midnight(30)
    ask(Kind.API, note_required=True, ends_outside_at=date)
    round_later()
    assert planned() == [("Bare", "outside", date), ("Mended", "outside", date)]

    mended.set_note("CI", by=BY)
    round_later(days=31)

    assert reason(token) == (
        "The policy for API tokens asks for a note: say what it is for."
    )
    assert (reason(mended), planned()) == ("", [])


def test_without_a_date_nothing_that_is_outside_ends(main, ask, round_later):
    TokenFactory(account=main)
    ask(Kind.API, note_required=True)

    round_later()

    assert planned() == []


def test_without_a_date_only_what_is_unused_ends(main, old, ask, round_later):
    TokenFactory(account=main, name="New")
    old()
    ask(Kind.API, note_required=True, unused_days=90)

    round_later()

    assert [name for name, *_ in planned()] == ["Old"]


def test_a_date_that_is_put_off_or_taken_back_holds_at_once(main, ask, round_later):
    TokenFactory(account=main, name="Bare")
    ask(Kind.API, note_required=True, ends_outside_at=midnight(30))
    round_later()

    ask(Kind.API, note_required=True, ends_outside_at=midnight(60))
    round_later()
    assert planned() == [("Bare", "outside", midnight(60))]
    assert PlannedEnd.objects.get().announced_at is not None

    # What is nearer is told anew.
    ask(Kind.API, note_required=True, ends_outside_at=midnight(40))
    round_later(told=False)
    assert planned() == [("Bare", "outside", midnight(40))]
    assert PlannedEnd.objects.get().announced_at is None

    ask(Kind.API, note_required=True)
    round_later()
    assert planned() == []


def test_of_two_reasons_the_first_holds(old, ask, round_later):
    old(name="Both")
    old(used=1, name="Outside")
    ask(Kind.API, unused_days=90, note_required=True, ends_outside_at=midnight(30))

    round_later()

    assert planned() == [
        ("Both", "unused", midnight(14)),
        ("Outside", "outside", midnight(30)),
    ]


def test_what_breaks_a_rule_after_the_date_has_two_weeks(main, ask, round_later):
    ask(Kind.API, note_required=True, ends_outside_at=midnight(20))
    token = TokenFactory(account=main, name="Late", note="CI")
    round_later(days=40)
    Token.objects.filter(pk=token.pk).update(note="")

    round_later()

    assert planned() == [("Late", "outside", midnight(54))]
