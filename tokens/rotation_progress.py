"""Who has moved to the new secret while a rotation overlaps, and who has not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Max, Q

from accounts.clock import clock
from tokens.senders import senders_among

SEEN_WITHIN = timedelta(days=14)
QUIET = timedelta(minutes=5)
SHOWN = 50


class Progress(models.TextChoices):
    """Where a caller stands, those that need looking after first."""

    OLD = "old", "Still on the old secret"
    BOTH = "both", "On both secrets"
    SILENT = "silent", "Silent"
    MOVED = "moved", "Moved"


@dataclass(frozen=True, slots=True)
class Follower:
    """A caller, and when it last used the old and the new secret."""

    address: str
    agent: str
    old_at: datetime | None
    new_at: datetime | None
    rotated_at: datetime

    @property
    def last(self):
        return max(moment for moment in (self.old_at, self.new_at) if moment)

    @property
    def place(self):
        if self.old_at is None or self.old_at < self.rotated_at:
            return Progress.MOVED if self.new_at else Progress.SILENT
        if self.new_at is None or self.new_at < self.old_at - QUIET:
            return Progress.OLD
        # Two behind one address look like one, so the old secret must be quiet first.
        quiet = self.old_at < min(self.new_at, clock.now() - QUIET)
        return Progress.MOVED if quiet else Progress.BOTH


class Rotation:
    """The callers of a token whose old secret still works."""

    def __init__(self, token):
        followers = _followers(token)
        placed = [(follower.place, follower) for follower in followers]
        self.placed = sorted(placed, key=_urgency)
        self.moved = [each for place, each in placed if place == Progress.MOVED]
        self.staying = [each for place, each in placed if place != Progress.MOVED]
        self.on_new = [each for each in followers if each.new_at]

    @property
    def shown(self):
        return self.placed[:SHOWN]

    @property
    def senders(self):
        """Return what is known of those who would be refused when it is finished."""
        return senders_among(each.agent for each in self.staying)


def _urgency(placed):
    place, follower = placed
    return list(Progress).index(place), -follower.last.timestamp()


def _followers(token):
    current = token.secrets.current().get()
    old = list(token.secrets.overlapping().values_list("pk", flat=True))
    since = clock.now() - SEEN_WITHIN
    usage = token.usage.filter(stored_secret_id__in=[*old, current.pk], hour__gt=since)
    seen = usage.values("address", "agent").annotate(
        old_at=Max("last_at", filter=Q(stored_secret_id__in=old)),
        new_at=Max("last_at", filter=Q(stored_secret_id=current.pk)),
    )
    rows = seen.order_by().iterator()
    return [Follower(**row, rotated_at=current.created_at) for row in rows]
