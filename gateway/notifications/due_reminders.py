"""Ends that are near and were not told of: of tokens, and of trials with what they allow.

Days are those of UTC. An end is told of at each step of DAYS, once: whoever was away
on the day itself is told on the next one, of the step that the end has come to. What
ends because of a policy is told at once besides, however far ahead, and to everybody.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import (
    Case,
    Exists,
    F,
    OuterRef,
    PositiveSmallIntegerField,
    Q,
    Value,
    When,
)

from accounts.models import Account, AccountKind
from accounts.models.organisations import on_more
from gateway.models import RemindedToken, Reminder, RemindersOff, Way, Webhook
from gateway.models.reminders import taken
from tokens.kinds import Kind
from tokens.models import PlannedEnd, Token
from tokens.states import State
from tokens.trial import TrialEnd, trial_end

# How many days ahead, the last step first.
DAYS = (1, 3, 7, 14, 30)
# The step before all of them: it was said that there is an end at all.
ANNOUNCED = 32767
# What is made or changed together is told together.
GATHERING = timedelta(minutes=1)
TRIAL = "organisation__trial_ends_at"
ENDS_AT = "planned_end__ends_at"


@dataclass(frozen=True, slots=True)
class Endings:
    """One account's reminders: tokens and the end of its trial, each with its step."""

    account: Account
    now: datetime
    tokens: list
    trial: TrialEnd | None
    trial_step: int | None

    def __bool__(self):
        return bool(self.tokens or self.trial)


def days_until(moment, now):
    """Return the number of days from one date to another."""
    return (moment.astimezone(UTC).date() - now.date()).days


def due(way, now):
    """Return the ids of the accounts that are to be told, and that nobody tells now."""
    found = {
        *tokens(way, now).values_list("account_id", flat=True),
        *planned(way, now).values_list("account_id", flat=True),
        *trials(way, now).values_list("pk", flat=True),
    }
    busy = Reminder.objects.filter(taken(now), way=way, account__in=found)
    free = found.difference(busy.values_list("account_id", flat=True))
    return sorted(free | announcing(way, now))


def announcing(way, now):
    """Return the ids of the accounts with an end of a policy that nobody heard of yet.

    They are told at once, even if they were told of others today.
    """
    return set(unheard(way, now).values_list("account_id", flat=True))


def of(account, way, now):
    """Return the Endings that an account is to be told of in a way."""
    both = (tokens(way, now), planned(way, now))
    ending = [token for some in both for token in some.filter(account=account)]
    ending.sort(key=lambda token: (token.ends_at, token.pk))
    step = trials(way, now).filter(pk=account.pk).values_list("step", flat=True).first()
    trial = trial_end(account) if step else None
    return Endings(account, now, ending, trial, step)


def tokens(way, now):
    """Return the tokens that work and whose expiry is to be told.

    Each has its `step` and, as `ends_at`, its end. What a policy ends before is not here.
    """
    sooner = PlannedEnd.objects.filter(
        token=OuterRef("pk"), ends_at__lt=OuterRef("expires_at")
    )
    near = Token.objects.in_states(State.ACTIVE).filter(
        ~Exists(sooner),
        account__in=listening(way),
        expires_at__lt=_after(DAYS[-1], now),
        updated_at__lt=now - GATHERING,
    )
    told = _told(way, "expires_at").filter(days__lte=OuterRef("step"))
    return near.annotate(step=_step("expires_at", now), ends_at=F("expires_at")).filter(
        ~Exists(told)
    )


def planned(way, now):
    """Return the tokens that a policy ends, as `tokens` does; with the `cause`, too."""
    told = _told(way, ENDS_AT).filter(days__lte=OuterRef("step"))
    ending = _ending(way, now).annotate(
        step=_step(ENDS_AT, now, default=ANNOUNCED),
        ends_at=F(ENDS_AT),
        cause=F("planned_end__cause"),
    )
    return ending.filter(~Exists(told))


def unheard(way, now):
    """Return the tokens with an end of a policy of which nobody heard in a way."""
    return _ending(way, now).filter(~Exists(_told(way, ENDS_AT)))


def _ending(way, now):
    ahead = Token.objects.in_states(State.ACTIVE).exclude(expires_at__lte=F(ENDS_AT))
    return ahead.filter(
        account__in=hearing(way), planned_end__planned_at__lte=now - GATHERING
    )


def _told(way, field):
    return RemindedToken.objects.filter(
        token=OuterRef("pk"), way=way, ends_at=OuterRef(field)
    )


def trials(way, now):
    """Return the accounts that are to be told of their trial's end, with its `step`.

    That is the main account, and those whose API tokens stop then.
    """
    told = Reminder.objects.filter(
        account=OuterRef("pk"),
        way=way,
        trial_ends_at=OuterRef(TRIAL),
        trial_days__lte=OuterRef("step"),
    )
    stopping = Token.objects.enabled().of_kind(Kind.API).filter(account=OuterRef("pk"))
    near = listening(way).filter(
        Q(kind=AccountKind.MAIN) | Exists(stopping),
        on_more("organisation__"),
        **{f"{TRIAL}__lt": _after(DAYS[-1], now)},
    )
    return near.annotate(step=_step(TRIAL, now)).filter(~Exists(told))


def listening(way):
    """Return the running accounts that want to be told in a way."""
    off = RemindersOff.objects.filter(account=OuterRef("pk"))
    return hearing(way).filter(~Exists(off))


def hearing(way):
    """Return the running accounts that can be told in a way, whether they want or not."""
    accounts = Account.objects.running()
    if way == Way.WEBHOOK:
        return accounts.filter(pk__in=Webhook.objects.wanted().values("account"))
    return accounts


def _step(field, now, default=None):
    """Return the last step of DAYS that a moment has come to, as an expression."""
    steps = (When(**{f"{field}__lt": _after(days, now)}, then=days) for days in DAYS)
    return Case(
        *steps, default=Value(default), output_field=PositiveSmallIntegerField()
    )


def _after(days, now):
    """Return the end of the day that is so many days ahead."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=days + 1)
