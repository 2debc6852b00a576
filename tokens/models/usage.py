from collections import Counter, defaultdict
from datetime import timedelta
from itertools import batched, chain

from django.db import connection, models, transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from accounts.clock import clock
from tokens.models.bare_rows import rows_of
from tokens.models.querysets import column_text
from tokens.models.tokens import Token

HOUR = timedelta(hours=1)
KEPT_FOR = timedelta(days=90)
# Seven variables each, of which the smallest SQLite in use takes 32,766.
ROWS_AT_ONCE = 500
TOKENS_AT_ONCE = 500
PURGED_AT_ONCE = 100
UPSERT = """
INSERT INTO tokens_tokenusage (
    hour, last_at, token_id, stored_secret_id, address, agent, calls
) VALUES {} ON CONFLICT (token_id, hour, stored_secret_id, address, agent)
DO UPDATE SET
    calls = tokens_tokenusage.calls + excluded.calls,
    last_at = excluded.last_at
"""
# Nearly none: only of those is it asked who the callers were.
FULL = """
SELECT token_id FROM tokens_tokenusage WHERE token_id IN ({}) AND hour = %s
GROUP BY token_id HAVING COUNT(*) > %s
"""
ROW = "(%s, %s, %s, %s, %s, %s, %s)"
KEY = ("stored_secret_id", "address", "agent")
# Who calls itself something else each time would fill the table.
CALLERS_AN_HOUR = 200
OTHERS = ("", "")
TOP = 5


class TokenUsageQuerySet(models.QuerySet):
    def summary(self):
        """Return calls in a day and a week, and the callers of that week.

        The numbers are as fresh as whoever records use makes them.
        """
        now = clock.now()
        week = self.filter(hour__gt=now - timedelta(days=7))
        day = Q(hour__gt=now - timedelta(days=1))
        numbers = week.aggregate(
            day=Sum("calls", filter=day, default=0),
            week=Sum("calls", default=0),
            addresses=Count("address", distinct=True),
        )
        callers = week.values("address", "agent").annotate(total=Sum("calls"))
        top = list(callers.order_by("-total", "address")[:TOP])
        count = callers.count()
        return numbers | {"callers": count, "top": top, "more": count - len(top)}

    def add_calls(self, counts, hour):
        """Add the calls of an hour.

        They are given as {(token id, stored secret id, address, agent): calls}. Tokens
        that were purged since are left out.
        """
        by_token = defaultdict(Counter)
        for (token, secret, address, agent), calls in counts.items():
            caller = column_text(address, 45), column_text(agent, 200)
            by_token[token][secret, *caller] += calls
        adapt = self.model._meta.get_field("hour").get_db_prep_value
        last = min(clock.now(), hour + HOUR)
        moments = adapt(hour, connection), adapt(last, connection)
        rows = [(*moments, *row) for row in self._rows(by_token, hour)]
        with transaction.atomic():
            for some in batched(rows, ROWS_AT_ONCE):
                statement = UPSERT.format(", ".join([ROW] * len(some)))
                with connection.cursor() as cursor:
                    cursor.execute(statement, list(chain.from_iterable(some)))

    def _rows(self, by_token, hour):
        # In one order, or two that count the same callers wait for each other.
        for ids in batched(sorted(by_token), TOKENS_AT_ONCE):
            most = max(len(by_token[token]) for token in ids)
            full = self._with_more(CALLERS_AN_HOUR - most, ids, hour)
            for token, _ in rows_of(Token, "kind", ids):
                kept = by_token[token]
                if token in full or len(kept) > CALLERS_AN_HOUR:
                    kept = bounded(kept, self._callers(token, hour))
                yield from ((token, *key, kept[key]) for key in sorted(kept))

    def _with_more(self, number, ids, hour):
        """Return which tokens had more callers in an hour, of those with these ids."""
        moment = self.model._meta.get_field("hour").get_db_prep_value(hour, connection)
        with connection.cursor() as cursor:
            cursor.execute(FULL.format(",".join(map(str, ids))), (moment, number))
            return {token for (token,) in cursor.fetchall()}

    def _callers(self, token, hour):
        return set(self.filter(token=token, hour=hour).values_list(*KEY))

    def purge(self, *, older_than=KEPT_FOR):
        """Remove the counts of long ago; return how many there were."""
        limit = clock.now() - older_than
        used = Token.objects.exclude(last_used_at=None).order_by("pk")
        ids = used.values_list("pk", flat=True).iterator()
        # By token, since that is how the index finds them, in short transactions.
        return sum(
            self.filter(token__in=some, hour__lt=limit).delete()[0]
            for some in batched(ids, PURGED_AT_ONCE)
        )


class TokenUsage(models.Model):
    """How often a caller used a secret of a token in an hour."""

    # PostgreSQL takes a number for every row that it tries to insert, also for those
    # that it then adds to: a 32-bit number would be used up within days.
    id = models.BigAutoField(primary_key=True)
    token = models.ForeignKey(
        Token, on_delete=models.CASCADE, related_name="usage", db_index=False
    )
    # A plain number, since counts outlive a secret; 0 is of an unknown one.
    stored_secret_id = models.PositiveBigIntegerField(default=0)
    hour = models.DateTimeField()
    last_at = models.DateTimeField(default=timezone.now)
    address = models.CharField(max_length=45)
    agent = models.CharField(max_length=200, blank=True)
    calls = models.PositiveBigIntegerField(default=0)

    objects = TokenUsageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["token", "hour", "stored_secret_id", "address", "agent"],
                name="usage_once_per_hour_secret_and_caller",
            )
        ]

    def __str__(self):
        return f"{self.calls} calls from {self.address}"


def bounded(counts, known):
    """Return the counts of a token with the callers beyond the most as one.

    `known` are those that have a row in this hour already.
    """
    room = CALLERS_AN_HOUR - len(known)
    kept = Counter()
    for key in sorted(counts):
        if key not in known:
            room -= 1
        is_kept = key in known or room >= 0
        kept[key if is_kept else (key[0], *OTHERS)] += counts[key]
    return kept
