"""A past that is told in order, by the same methods that pages use.

Each step is carried out now; the times that it stamped are then moved to the moment
when it is said to have happened, and at the end the audit chains are signed again.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from django.db import models
from django.utils import timezone

from accounts.audit.trail import sign_again
from accounts.models import AuditChain, AuditEvent
from tokens.models import Token

# Wider than the clocks of two machines are apart, and closer than any told moment.
SLACK = timedelta(minutes=2)


@dataclass(slots=True)
class Past:
    now: object = field(default_factory=timezone.now)
    steps: list = field(default_factory=list)
    foreign_chains: list = field(default_factory=list)
    last_event: int = 0

    def ago(self, days):
        """Return the moment so many days back, clear of what is stamped now."""
        return self.now - max(timedelta(days=days), 3 * SLACK)

    def add(self, days, step, *args):
        """Plan a step, which gets its moment and returns the rows it wrote."""
        self.steps.append((self.ago(days), step, args))

    def unfold(self):
        """Carry every planned step out, the earliest first."""
        self.foreign_chains = list(AuditChain.objects.values_list("pk", flat=True))
        for moment, step, args in sorted(self.steps, key=lambda planned: planned[0]):
            self._move(step(moment, *args), moment)
        for chain in AuditChain.objects.exclude(pk__in=self.foreign_chains):
            sign_again(chain)

    def _move(self, rows, moment):
        for row in rows:
            self._move_row(row, moment)
            if isinstance(row, Token):
                fresh = row.secrets.filter(created_at__gte=self.now - SLACK)
                fresh.update(created_at=moment)
        events = AuditEvent.objects.exclude(chain__in=self.foreign_chains)
        fresh = list(events.filter(pk__gt=self.last_event).values_list("pk", flat=True))
        events.filter(pk__in=fresh).update(created_at=moment)
        self.last_event = max(fresh, default=self.last_event)

    def _move_row(self, row, moment):
        stamped = [
            column.attname
            for column in row._meta.concrete_fields
            if isinstance(column, models.DateTimeField)
            and self._is_fresh(getattr(row, column.attname))
        ]
        type(row).objects.filter(pk=row.pk).update(**dict.fromkeys(stamped, moment))
        for name in stamped:
            setattr(row, name, moment)

    def _is_fresh(self, value):
        # What lies ahead was meant to: an expiry, the end of a trial.
        return value is not None and (
            self.now - SLACK <= value <= timezone.now() + SLACK
        )
