"""A small model of an account's tokens and filters, told once more in plain Python."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.sharing.lines import LINES

LIMIT = 3
RESTORABLE = timedelta(days=30)
# A name as it is typed, and what it counts as.
NAMES = {"a": "a", "  A ": "a", "b": "b", "\ufb00": "ff", "FF": "ff"}


@dataclass
class RefToken:
    kind: str
    name: str
    expires_at: datetime | None
    secrets: list
    filters: set = field(default_factory=set)
    operator: str = "AND"
    everything: bool = False
    lost: bool = False
    disabled: bool = False
    deleted_at: datetime | None = None

    @property
    def key(self):
        return NAMES.get(self.name, self.name)

    def expired(self, now):
        return self.expires_at is not None and self.expires_at <= now

    def works(self, now):
        return not (self.disabled or self.deleted_at or self.expired(now))


class RefAccount:
    """Says what an action is refused for, or None when it must succeed."""

    def __init__(self):
        self.tokens = {}
        self.filters = {}

    def others(self, token):
        return [
            each
            for each in self.tokens.values()
            if each is not token and each.kind == token.kind and not each.deleted_at
        ]

    def is_full(self, token, now):
        working = [each for each in self.others(token) if each.works(now)]
        return token.kind == "logs" and len(working) >= LIMIT

    def refusal_of_name(self, token, name):
        taken = {each.key for each in self.others(token)}
        return "name_taken" if NAMES.get(name, name) in taken else None

    def refusal_of_new(self, token, now):
        taken = self.refusal_of_name(token, token.name)
        return taken or ("limit_reached" if self.is_full(token, now) else None)

    def refusal_of_life(self, token, now):
        if self.is_full(token, now):
            return "limit_reached"
        return "filter_lost" if token.lost else None

    def refusal_of_stop(self, token, now):
        if token.kind != "logs" or token.disabled or token.expires_at:
            return None
        lasting = [
            each
            for each in self.others(token)
            if each.works(now) and not each.expires_at
        ]
        return None if lasting else "last_enabled_token"

    def refusal_of_restore(self, token, now):
        if token.deleted_at + RESTORABLE <= now:
            return "too_late"
        return self.refusal_of_name(token, token.name)

    def refusal_of_expiry(self, token, expires_at, now):
        if expires_at is None:
            refusal = "expiry_required" if token.kind == "shared" else None
        else:
            refusal = self.refusal_of_stop(token, now)
        if not refusal and token.expired(now) and not token.disabled:
            refusal = self.refusal_of_life(token, now)
        return refusal

    def lines(self, token):
        """Return the log lines that a link may show while its token works."""
        if token.everything:
            return set(LINES)
        if token.lost or not token.filters:
            return set()
        combine = all if token.operator == "AND" else any
        clauses = [self.filters[pk] for pk in token.filters]
        return {line for line in LINES if combine(clause in line for clause in clauses)}

    def lose_filter(self, pk):
        """Delete a filter; links that would show more without it are closed."""
        users = [each for each in self.tokens.values() if pk in each.filters]
        before = {id(each): self.lines(each) for each in users}
        for each in users:
            each.filters.discard(pk)
            widened = not each.filters or not self.lines(each) <= before[id(each)]
            if widened and not each.lost:
                each.lost = each.disabled = True
        del self.filters[pk]
