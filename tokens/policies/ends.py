"""Tokens that are disabled because of a policy: planned, announced, and only then ended.

What is unused, and what is outside of a policy that has a date, gets a PlannedEnd two
weeks ahead at least. Admins are told of it like of an expiry; without that nothing ends.
Workers of all hosts race for a round. An end only moves to where it is announced anew,
and what a wrong clock planned is forgotten when the clock is right again.
"""

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.audit.trail import Actor
from accounts.clock import clock
from accounts.locks import repeated
from accounts.plurals import counted
from tokens.limits import locked_account
from tokens.models import PlannedEnd, PolicyRound, Token, TokenPolicy
from tokens.models.policies import Cause
from tokens.policies.checks import why_outside
from tokens.policies.conditions import is_last, outside, unused_since
from tokens.policies.saving import NOTICE
from tokens.states import State

BY = Actor(label="policy")
# What is planned is told within that time, or planned anew.
TOLD_WITHIN = timedelta(hours=1)
# Who looks away for longer may have missed that tokens were used, or ran ahead.
LONGEST_PAUSE = timedelta(days=1)
ROWS_AT_ONCE = 500
ENDING = Q(unused_days__isnull=False) | Q(ends_outside_at__isnull=False)


class PolicyEnd(NamedTuple):
    """Why a token is to end, and from when on it may."""

    cause: Cause
    base: datetime


def carry_on():
    """Plan what is to end and end what is due, once in a while over all hosts."""
    turn = PolicyRound.take()
    if turn:
        now = clock.now()
        _allow_for_the_clock(turn.seen_at, now)
        for policy in TokenPolicy.objects.filter(ENDING).order_by("pk"):
            plan(policy, now)
        _withdraw_without_policy()
        end_due(now)
        turn.settle(now)


def _allow_for_the_clock(seen_at, now):
    """Give everybody two weeks anew after a pause, or a jump of the clock."""
    if now - seen_at > LONGEST_PAUSE:
        PlannedEnd.objects.filter(ends_at__lt=soonest(now)).update(
            ends_at=soonest(now), announced_at=None
        )
    if now < seen_at:
        PlannedEnd.objects.filter(planned_at__gt=now).delete()
        PlannedEnd.objects.filter(announced_at__gt=now).update(announced_at=None)


def soonest(now):
    """Return the first end that can be announced now: the end of a day, in UTC."""
    day = (now + NOTICE + TOLD_WITHIN).astimezone(UTC).date() + timedelta(days=1)
    return datetime.combine(day, time(), UTC)


@repeated
def plan(policy, now):
    """Bring the planned ends of a policy's tokens up to date."""
    wanted = ends_of(policy, now)
    with transaction.atomic():
        rows = PlannedEnd.objects.filter(
            token__organisation=policy.organisation_id, token__kind=policy.kind
        )
        known = {row.pk: row for row in rows}
        PlannedEnd.objects.filter(pk__in=known.keys() - wanted.keys()).delete()
        PlannedEnd.objects.bulk_update(
            [row for pk, row in known.items() if _move(row, wanted.get(pk), now)],
            ["cause", "ends_at", "announced_at"],
            batch_size=ROWS_AT_ONCE,
        )
        PlannedEnd.objects.bulk_create(
            [_planned(pk, end, now) for pk, end in wanted.items() if pk not in known],
            batch_size=ROWS_AT_ONCE,
            ignore_conflicts=True,
        )


def _planned(pk, end, now):
    ends_at = max(end.base, soonest(now))
    return PlannedEnd(token_id=pk, cause=end.cause, ends_at=ends_at, planned_at=now)


def _move(row, end, now):
    """Move an end to where it belongs now; returns whether it moved."""
    if end is None:
        return False
    before = row.cause, row.ends_at, row.announced_at
    planned = max(end.base, soonest(now))
    if row.announced_at is None:
        row.ends_at = planned
    elif end.base > row.ends_at:
        row.ends_at = end.base
    elif planned < row.ends_at:
        row.ends_at, row.announced_at = planned, None
    row.cause = end.cause
    return before != (row.cause, row.ends_at, row.announced_at)


def ends_of(policy, now, **among):
    """Return the End of each token that a policy ends, by the token's id."""
    working = Token.objects.in_states(State.ACTIVE).filter(
        organisation=policy.organisation_id, kind=policy.kind, **among
    )
    found = {}
    if policy.unused_days:
        found = _unused(policy, working, now)
    if policy.ends_outside_at:
        end = PolicyEnd(Cause.OUTSIDE, policy.ends_outside_at)
        # An account needs its last log token, whatever it is.
        ending = working.filter(outside(policy) & ~is_last())
        for pk in ending.values_list("pk", flat=True):
            found[pk] = min(found.get(pk, end), end, key=lambda each: each.base)
    return found


def _unused(policy, working, now):
    lasts = timedelta(days=policy.unused_days)
    unused = working.filter(unused_since(now - lasts + NOTICE))
    rows = unused.values_list("pk", "last_used_at", "updated_at")
    return {
        pk: PolicyEnd(Cause.UNUSED, max(used or changed, changed) + lasts)
        for pk, used, changed in rows
    }


def _withdraw_without_policy():
    ending = TokenPolicy.objects.filter(
        ENDING,
        organisation=OuterRef("token__organisation"),
        kind=OuterRef("token__kind"),
    )
    PlannedEnd.objects.filter(~Exists(ending)).delete()


def end_due(now):
    """Disable the tokens whose announced end has come."""
    due = PlannedEnd.objects.filter(ends_at__lte=now, announced_at__lte=now - NOTICE)
    for pk in list(due.order_by("ends_at", "pk").values_list("pk", flat=True)):
        _end(pk, now)


@repeated
def _end(pk, now):
    """Disable a token, unless it was used, mended or protected in this very moment."""
    tokens = Token.objects.select_related("account__organisation")
    token = tokens.filter(pk=pk).first()
    if token is None:
        return
    with locked_account(token.account):
        policies = TokenPolicy.objects.filter(organisation=token.organisation_id)
        policy = policies.filter(ENDING, kind=token.kind).first()
        end = policy and ends_of(policy, now, pk=pk).get(pk)
        if end and end.base <= now:
            token.disable(by=BY, reason=_reason(token, policy, end)[:200])
        PlannedEnd.objects.filter(pk=pk).delete()


def _reason(token, policy, end):
    if end.cause == Cause.UNUSED:
        days = counted(policy.unused_days, "day")
        return f"Not used for {days}, after which the policy disables it"
    return why_outside(token)
