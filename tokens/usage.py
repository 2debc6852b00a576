"""Counted calls of tokens, as pages show them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection
from django.db.models import Max, Min, Sum
from django.utils import timezone

from tokens.models import TokenUsage

DAYS = 14
# As many as counts are kept for; nothing much of the first day is left.
WEEKS = 13
CALLERS_SHOWN = 100
SUMS = """
SELECT token_id, CASE {cases} END AS stretch, SUM(calls)
FROM tokens_tokenusage WHERE token_id IN ({places}) AND hour >= %s
GROUP BY token_id, stretch
"""


@dataclass(frozen=True, slots=True)
class Day:
    """A day with its calls, or the first day of a week with those of the week."""

    date: date
    calls: int


@dataclass(frozen=True, slots=True)
class Days:
    """The calls of a token in the last days or weeks where the viewer is, today last."""

    days: tuple

    def __iter__(self):
        return iter(self.days)

    @property
    def total(self):
        return sum(day.calls for day in self.days)

    @property
    def most(self):
        """The busiest of them, the latest of several."""
        return max(reversed(self.days), key=lambda day: day.calls)


def with_days(tokens):
    """Give each token `days`, its Days or None when nothing called; one query."""
    tokens = list(tokens)
    starts = _midnights(DAYS)
    # No list shows the days of the installation's own tokens.
    calls = _counted([token.pk for token in tokens if token.account_id], starts)
    for token in tokens:
        token.days = calls.get(token.pk)
    return tokens


def by_day(token):
    """Return the Days of a token, or None when nothing called."""
    return _counted([token.pk], _midnights(DAYS)).get(token.pk)


def by_week(token):
    """Return the calls of a token in weeks that end today, as Days, or None."""
    return _counted([token.pk], _midnights(WEEKS, length=7)).get(token.pk)


def _midnights(count, *, length=1):
    """Return the first moments of so many stretches of days, the last with today."""
    zone, today = timezone.get_current_timezone(), timezone.localdate()
    back = [length * each - 1 for each in range(count, 0, -1)]
    days = (today - timedelta(days=each) for each in back)
    return [datetime.combine(day, time.min, tzinfo=zone) for day in days]


def _counted(ids, starts):
    """Return Days by the ids of the tokens that something called."""
    return {
        token: Days(
            tuple(
                Day(start.date(), calls[number]) for number, start in enumerate(starts)
            )
        )
        for token, calls in _sums(ids, starts).items()
    }


def _sums(ids, starts):
    by_token = defaultdict(lambda: defaultdict(int))
    for token, number, calls in _read(ids, starts) if ids else ():
        by_token[token][number] = calls
    return by_token


def _read(ids, starts):
    """Return rows of a token, the number of a stretch of days, and its calls.

    The statement is written here: Django takes longer to build it than the database
    takes to answer it, and a list asks for it each time.
    """
    # Latest first, since a CASE takes the first that is true.
    numbers = range(len(starts) - 1, -1, -1)
    cases = " ".join(f"WHEN hour >= %s THEN {number}" for number in numbers)
    places = ", ".join(["%s"] * len(ids))
    adapt = TokenUsage._meta.get_field("hour").get_db_prep_value
    moments = [adapt(start.astimezone(UTC), connection) for start in starts]
    with connection.cursor() as cursor:
        cursor.execute(
            SUMS.format(cases=cases, places=places),
            [*reversed(moments), *ids, moments[0]],
        )
        return cursor.fetchall()


def callers(token):
    """Return who used which secret of a token in the time that counts are kept.

    Those seen last come first, and one more than are shown tells that there are more.
    """
    by_caller = token.usage.values("address", "agent", "stored_secret_id").annotate(
        first=Min("hour"), last=Max("last_at"), total=Sum("calls")
    )
    return list(by_caller.order_by("-last", "-total")[: CALLERS_SHOWN + 1])
