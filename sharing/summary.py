"""The summary of a form about a link, which a person agrees to before it is saved."""

from calendar import SATURDAY
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.models import Account
from sharing.models import Filter
from sharing.scope import EVERYTHING, Operator, scope, widens


@dataclass(frozen=True, slots=True)
class Summary:
    """`before` is the scope of a link that exists, or None for a new one."""

    account: Account
    filters: list[Filter]
    operator: str
    shows_everything: bool
    expires_at: datetime | None
    before: tuple | None

    @property
    def clauses(self):
        """The filters to read out, each clause once."""
        return list(dict.fromkeys(each.clause for each in self.filters))

    @property
    def joiner(self):
        return "and" if self.operator == Operator.AND else "or"

    @property
    def scope(self):
        return (
            EVERYTHING if self.shows_everything else scope(self.clauses, self.operator)
        )

    @property
    def widens(self):
        return self.before is not None and widens(self.before, self.scope)

    @property
    def clashing_field(self):
        """A field that would need two values at once, or an empty text."""
        if self.operator != Operator.AND:
            return ""
        fields = Counter(field for field, _ in self.clauses)
        return next((field for field, count in fields.items() if count > 1), "")

    @property
    def ends_on_weekend(self):
        moment = self.expires_at
        return bool(moment) and timezone.localtime(moment).weekday() >= SATURDAY

    @property
    def key(self):
        """Return what a person agrees to: it differs when a filter was edited since."""
        filters = sorted(f"{each.pk}.{each.version}" for each in self.filters)
        flags = ["everything"] * self.shows_everything + ["wider"] * self.widens
        return " ".join([*filters, self.operator, *flags])
