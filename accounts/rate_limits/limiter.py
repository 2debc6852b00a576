"""How often something may be tried: one store for all that people do without a session.

It is in the database, so that it counts over all workers and hosts. Every limit has a
fixed number of slots, and a keyed hash says in which one a subject counts. There is
nothing to fill up or to flush: where more subjects are tried than there are slots,
some wait for each other, and none is let through uncounted.
"""

import math
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import Tries
from accounts.rule_violations import RuleViolation

SLOTS = 1 << 16
# More would say the same, and 2 to the power of it be no number any more.
MOST_DOUBLINGS = 30


class TooManyTries(RuleViolation):
    status = 429

    def __init__(self, seconds):
        super().__init__(
            "too_many_tries",
            f"That was tried too often. Wait {_in_words(seconds)}, then try again.",
        )
        self.retry_after = seconds


def _in_words(seconds):
    if seconds < 120:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return f"{math.ceil(seconds / 60)} minutes"


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` tries at once, and one more for each `recovery` seconds that pass.

    After the last of them there is a wait of `first` seconds, which doubles with each
    further try up to `longest`. `forgiving`: a success wipes the failures out.
    """

    number: int
    free: int
    recovery: float
    first: float
    longest: float
    forgiving: bool = False

    def slot(self, subject):
        """Return where a subject counts; nobody outside can tell who shares it."""
        salt = f"tollgate.limits/{self.number}"
        digest = salted_hmac(salt, str(subject), algorithm="sha256").digest()
        return self.number * SLOTS + int.from_bytes(digest[:8]) % SLOTS

    def level(self, row, now):
        """Return what is left of a row's level."""
        passed = max((now - row.counted_at).total_seconds(), 0)
        return max(row.level - passed / self.recovery, 0)

    def wait(self, level):
        doublings = math.ceil(level - self.free)
        if doublings < 0:
            return timedelta()
        wait = self.first * 2 ** min(doublings, MOST_DOUBLINGS)
        return timedelta(seconds=min(wait, self.longest))


def spend(*counts):
    """Count one try of each subject, given as (limit, subject); returns what to settle.

    Raises TooManyTries, and counts nothing, as long as one of them has to wait.
    """
    now = timezone.now()
    with transaction.atomic():
        held = _held(counts, now)
        wait = max(_remaining(row, now) for _, row in held)
        if wait > timedelta():
            raise TooManyTries(math.ceil(wait.total_seconds()))
        for limit, row in held:
            row.level = limit.level(row, now) + 1
            row.counted_at, row.opens_at = now, now + limit.wait(row.level)
            row.save()
    return counts


def settle(counts):
    """Take back what `spend` counted of a try that turned out to be a good one."""
    now = timezone.now()
    with transaction.atomic():
        for limit, row in _held(counts, now):
            level = 0 if limit.forgiving else limit.level(row, now) - 1
            row.level, row.counted_at, row.opens_at = max(level, 0), now, now
            row.save()


def _remaining(row, now):
    # Another host's clock, or this one's set back, makes no wait longer than it was.
    return min(row.opens_at - now, row.opens_at - row.counted_at)


def _held(counts, now):
    """Return the (limit, row) of each count, locked in the order of their slots."""
    limits = {limit.slot(subject): limit for limit, subject in counts}
    rows = Tries.objects.select_for_update().filter(slot__in=limits).order_by("slot")
    missing = sorted(limits.keys() - {row.slot for row in rows})
    if missing:
        fresh = [Tries(slot=slot, counted_at=now, opens_at=now) for slot in missing]
        Tries.objects.bulk_create(fresh, ignore_conflicts=True)
        rows = rows.all()
    return [(limits[row.slot], row) for row in rows]
