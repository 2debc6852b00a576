"""When tokens end in the days to come."""

import math
from calendar import SATURDAY
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.clock import clock
from accounts.plurals import counted
from accounts.prepared import Prepared
from tokens.models import PlannedEnd
from tokens.models.newest import all_of
from tokens.states import State, working

# A token that is given 30 days today ends in the last of them.
DAYS_AHEAD = 30
# How many heights a day's bar can have.
LEVELS = 5


@dataclass(frozen=True, slots=True)
class EndingsOfDay:
    """A day in the viewer's zone, and how many tokens expire or are disabled in it.

    Levels are those of the two bars, of which one stands on the other.
    """

    date: date
    expiring: int
    planned: int
    level: int
    planned_level: int

    @property
    def count(self):
        return self.expiring + self.planned

    @property
    def words(self):
        """How many end and why, such as "2 tokens end, 5 are disabled by a policy"."""
        parts = []
        if self.expiring:
            verb = "ends" if self.expiring == 1 else "end"
            parts.append(f"{counted(self.expiring, 'token')} {verb}")
        if self.planned:
            verb = "is" if self.planned == 1 else "are"
            many = f"{self.planned:,}" if parts else counted(self.planned, "token")
            parts.append(f"{many} {verb} disabled by a policy")
        return ", ".join(parts)

    @property
    def is_weekend(self):
        return self.date.weekday() >= SATURDAY

    @property
    def query(self):
        """The query by which the list of all tokens shows just these."""
        return {
            "ends_on": self.date.isoformat(),
            "state": State.ACTIVE.value,
            "sort": "expires_at",
        }


def ended_by_policy():
    """The condition of tokens that a policy disables before they expire."""
    sooner = Q(expires_at=None) | Q(expires_at__gt=F("planned_end__ends_at"))
    return Q(planned_end__isnull=False) & sooner


def next_days(tokens, *, by_policy=False, whole=None):
    """Return the Days of the coming month, or none when no working token ends in it.

    Where nothing can end `by_policy`, that is not asked. `whole` says that the tokens are
    all those of an organisation, by its id, but for those of some accounts.
    """
    today, now = timezone.localdate(), clock.now()
    dates = [today + timedelta(days=number) for number in range(DAYS_AHEAD + 1)]
    # A day too much is asked for, whatever the zone, and not looked at.
    until = now + timedelta(days=DAYS_AHEAD + 2)
    if whole:
        organisation_id, hidden = whole
        statement = _of_whole(timezone.get_current_timezone())
        expiring = dict(statement.rows(organisation_id, now, until, *hidden))
    else:
        expiring = dict(_by_day(tokens, "expires_at", now, until))
    planned = {}
    if by_policy:
        ending = tokens.filter(ended_by_policy())
        planned = dict(_by_day(ending, "planned_end__ends_at", now, until))
    totals = [expiring.get(each, 0) + planned.get(each, 0) for each in dates]
    most = max(totals)
    return [_day(each, expiring, planned, most) for each in dates] if most else []


def _day(each, expiring, planned, most):
    counts = expiring.get(each, 0), planned.get(each, 0)
    return EndingsOfDay(
        each, *counts, *(math.ceil(count * LEVELS / most) for count in counts)
    )


def _by_day(tokens, field, now, until):
    """Return the query for days in the viewer's zone, and how many tokens end in them."""
    ending = tokens.filter(working(now), **{f"{field}__lt": until})
    days = ending.annotate(day=TruncDate(field)).order_by().values_list("day")
    return days.annotate(Count("pk"))


@cache
def _of_whole(_zone):
    """Return the statement for an organisation; its text has the zone."""

    def build(organisation, now, until, *hidden):
        tokens = all_of(organisation, hidden)
        return _by_day(tokens, "expires_at", now, until)

    return Prepared(build)


def planned_ends(tokens):
    """Return when a policy disables some tokens, by their ids."""
    ends = PlannedEnd.objects.filter(pk__in=[token.pk for token in tokens])
    return dict(ends.values_list("pk", "ends_at"))
