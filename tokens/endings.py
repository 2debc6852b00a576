"""When tokens end in the days to come."""

import math
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.clock import clock
from tokens.forms.expiry import SATURDAY
from tokens.states import State, in_any

# A token that is given 30 days today ends in the last of them.
DAYS_AHEAD = 30
# How many heights a day's bar can have.
LEVELS = 5


@dataclass(frozen=True, slots=True)
class Day:
    """A day in the viewer's zone and how many tokens end in it; `level` is the bar's."""

    date: date
    count: int
    level: int

    @property
    def is_weekend(self):
        return self.date.weekday() >= SATURDAY

    @property
    def query(self):
        """What the list of all tokens is asked for to show just these."""
        day = self.date.isoformat()
        return {
            "expires_from": day,
            "expires_to": day,
            "state": State.ACTIVE.value,
            "sort": "expires_at",
        }


def next_days(tokens):
    """Return the Days of the coming month, or none when no working token ends in it."""
    today = timezone.localdate()
    dates = [today + timedelta(days=number) for number in range(DAYS_AHEAD + 1)]
    counts = _counts(tokens, until=dates[-1])
    most = max(counts.values(), default=0)
    return [_day(each, counts.get(each, 0), most) for each in dates] if most else []


def _day(each, count, most):
    return Day(each, count, math.ceil(count * LEVELS / most))


def _counts(tokens, *, until):
    # A day too much is asked for, whatever the zone, and left out by its date.
    soon = clock.now() + timedelta(days=DAYS_AHEAD + 2)
    ending = tokens.filter(in_any([State.ACTIVE]), expires_at__lt=soon)
    days = ending.annotate(day=TruncDate("expires_at")).order_by().values_list("day")
    counted = days.annotate(Count("pk"))
    return {day: count for day, count in counted if day <= until}
