"""What ends soon and has not been told of: tokens, and trials with what they allow.

Days are those of UTC. An end is told of at each step of DAYS, once: whoever was away
on the day itself is told on the next one, of the step that the end has come to.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import (
    Case,
    Exists,
    OuterRef,
    PositiveSmallIntegerField,
    Q,
    When,
)

from accounts.models import Account, AccountKind
from accounts.models.organisations import on_more
from gateway.models import RemindedToken, Reminder, RemindersOff, Way, Webhook
from gateway.models.reminders import taken
from tokens.kinds import Kind
from tokens.models import Token
from tokens.states import State
from tokens.trial import TrialEnd, trial_end

# How many days ahead, the last step first.
DAYS = (1, 3, 7, 14, 30)
# What is made or changed together is told together.
GATHERING = timedelta(minutes=1)
TRIAL = "organisation__trial_ends_at"


@dataclass(frozen=True, slots=True)
class Endings:
    """What an account is told of: tokens and the end of its trial, each with its step."""

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
        *trials(way, now).values_list("pk", flat=True),
    }
    busy = Reminder.objects.filter(taken(now), way=way, account__in=found)
    return sorted(found.difference(busy.values_list("account_id", flat=True)))


def of(account, way, now):
    """Return the Endings that an account is to be told of in a way."""
    ending = tokens(way, now).filter(account=account).order_by("expires_at", "pk")
    step = trials(way, now).filter(pk=account.pk).values_list("step", flat=True).first()
    trial = trial_end(account) if step else None
    return Endings(account, now, list(ending), trial, step)


def tokens(way, now):
    """Return the tokens that work and whose end is to be told, with their `step`."""
    told = RemindedToken.objects.filter(
        token=OuterRef("pk"),
        way=way,
        ends_at=OuterRef("expires_at"),
        days__lte=OuterRef("step"),
    )
    near = Token.objects.in_states(State.ACTIVE).filter(
        account__in=listening(way),
        expires_at__lt=_after(DAYS[-1], now),
        updated_at__lt=now - GATHERING,
    )
    return near.annotate(step=_step("expires_at", now)).filter(~Exists(told))


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
    accounts = Account.objects.running().filter(~Exists(off))
    if way == Way.WEBHOOK:
        return accounts.filter(pk__in=Webhook.objects.wanted().values("account"))
    return accounts


def _step(field, now):
    """Return the last step of DAYS that a moment has come to, as an expression."""
    steps = (When(**{f"{field}__lt": _after(days, now)}, then=days) for days in DAYS)
    return Case(*steps, output_field=PositiveSmallIntegerField())


def _after(days, now):
    """Return the end of the day that is so many days ahead."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=days + 1)
