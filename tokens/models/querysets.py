import re
import unicodedata
from datetime import timedelta
from functools import cache, partial
from itertools import batched

from django.db import connection, connections, models, transaction

from accounts.clock import clock
from accounts.locks import repeated
from accounts.models.accounts import RESTORABLE_FOR
from tokens.models import search_index
from tokens.models.bare_rows import moment, rows_of
from tokens.permissions import Sight
from tokens.states import DISABLED, enabled, expired, in_any

# What separates words, and is no blank.
WHITE_SPACE = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]")
LAST_USED_PRECISION = timedelta(minutes=1)
USE_FIELDS = ("last_used_at", "last_used_address", "last_used_agent")
USES_AT_ONCE = 500
NOTE_USE = """
UPDATE tokens_token
SET last_used_at = %s, last_used_address = %s, last_used_agent = %s
WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s)
"""
TOKENS_COUNTED_UP_TO = 1000
KEY_LENGTH = 400


class TokenQuerySet(models.QuerySet):
    def of_kind(self, *kinds):
        # One kind is said as an equality, which lets an index give the order.
        return (
            self.filter(kind=kinds[0])
            if len(kinds) == 1
            else self.filter(kind__in=kinds)
        )

    def not_deleted(self):
        """Return tokens that are not deleted."""
        return self.filter(deleted_at=None)

    def recently_deleted(self):
        return self.filter(deleted_at__gt=clock.now() - RESTORABLE_FOR)

    def kept(self):
        """Return tokens that are not deleted, or can be restored."""
        return self.not_deleted() | self.recently_deleted()

    def seen_from(self, account, user):
        """Return the tokens that a person sees from an account's own pages."""
        own = self.filter(organisation=account.organisation_id)
        return own.filter(Sight(account, user).condition).not_deleted()

    def purgeable(self):
        return self.filter(deleted_at__lte=clock.now() - RESTORABLE_FOR)

    def enabled(self, now=None):
        """Return tokens that nothing about themselves stops."""
        return self.not_deleted().filter(enabled(now))

    def in_states(self, *states):
        """Return tokens, not deleted, that are in one of some states."""
        return self.not_deleted().filter(in_any(states))

    def disabled(self):
        return self.not_deleted().filter(DISABLED)

    def stopped(self, now=None):
        """Return tokens, not deleted, that are disabled or expired."""
        return self.not_deleted().filter(expired(now) | DISABLED)

    def expired(self):
        """Return tokens that are past their expiry, disabled ones among them."""
        return self.not_deleted().filter(expired())

    def never_expiring(self):
        """Return enabled tokens that never expire."""
        return self.enabled().filter(expires_at=None)

    def oldest_first(self):
        return self.order_by("created_at", "pk")

    def named_like(self, text):
        key = name_key(text)
        return self._indexed(key).filter(name_key__contains=key)

    def noted_like(self, text):
        key = name_key(text)
        return self._indexed(key).filter(note_key__contains=key)

    def _indexed(self, key):
        """Limit to what the index has for a text, where that is worth it."""
        found = search_index.rows_with(key, connections[self.db])
        return self if found is None else self.filter(pk__in=found)

    def mentioning(self, text):
        """Return tokens that have a text in their name or in their note."""
        key = name_key(text)
        return self._indexed(key).filter(
            models.Q(name_key__contains=key) | models.Q(note_key__contains=key)
        )

    def best_named(self, text):
        """Sort by how well the name fits: all of it, its beginning, any part."""
        key = name_key(text)
        called = models.When(name_key=key, then=0)
        begins = models.When(name_key__startswith=key, then=1)
        fit = models.Case(called, begins, default=2)
        return self.order_by(fit, "name_key", "pk")

    def bounded_count(self, by="created_at"):
        """Count rows, but not further than a reader cares.

        PostgreSQL would read the table for it, were it not for the order of an index.
        """
        return self.order_by(by, "pk").values("pk")[:TOKENS_COUNTED_UP_TO].count()

    def note_uses(self, uses):
        """Remember last uses, given as {token id: (moment, address, agent)}.

        A later use stays, and so does one of the same minute.
        """
        for ids in batched(sorted(uses), USES_AT_ONCE):
            # Most were noted within the minute; those rows are not locked at all.
            due = [
                (pk, *uses[pk])
                for pk, last in rows_of(self.model, "last_used_at", ids)
                if last is None or moment(last) < uses[pk][0] - LAST_USED_PRECISION
            ]
            if due:
                self._note(due)

    @repeated
    def _note(self, due):
        field = self.model._meta.get_field("last_used_at")
        # Nearly all have the same time, which would take longer than all the rest.
        adapt = cache(partial(field.get_db_prep_value, connection=connection))
        values = [
            (
                adapt(moment),
                column_text(address, 45),
                column_text(agent, 200),
                pk,
                adapt(moment - LAST_USED_PRECISION),
            )
            for pk, moment, address, agent in due
        ]
        # In one order, or two that note the same tokens wait for each other.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(NOTE_USE, values)


def column_text(text, length):
    """Return what a caller sent so that a column takes it."""
    # One row that the database refuses would hold up all others of its batch.
    clean = (text or "").replace("\0", "").encode(errors="replace").decode()
    return clean[:length]


def as_written(name):
    """Return a name with its blanks, of which every other white space becomes one."""
    return WHITE_SPACE.sub(" ", name)


def lines_as_written(text):
    """Return a text of several lines, each with its blanks, without empty ends."""
    lines = [as_written(line).rstrip() for line in text.splitlines()]
    return "\n".join(lines).strip()


def name_key(name):
    """Return what two names must not share to count as different."""
    # One character can unfold into eighteen; no two names differ that late by chance.
    return folded(name)[:KEY_LENGTH]


def folded(text):
    """Return a text as it is searched: however it is written, and on one line."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
