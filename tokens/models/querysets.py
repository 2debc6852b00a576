import unicodedata
from datetime import timedelta

from django.db import models
from django.utils import timezone

from tokens.kinds import Kind

RESTORABLE_FOR = timedelta(days=30)
COUNTED_UP_TO = 1000
KEY_LENGTH = 400


class TokenQuerySet(models.QuerySet):
    def of_kind(self, *kinds):
        # One kind is said as an equality, which lets an index give the order.
        return (
            self.filter(kind=kinds[0])
            if len(kinds) == 1
            else self.filter(kind__in=kinds)
        )

    def standing(self):
        """Return tokens that are not deleted."""
        return self.filter(deleted_at=None)

    def recently_deleted(self):
        return self.filter(deleted_at__gt=timezone.now() - RESTORABLE_FOR)

    def purgeable(self):
        return self.filter(deleted_at__lte=timezone.now() - RESTORABLE_FOR)

    def enabled(self):
        """Return tokens that nothing about themselves stops."""
        now = timezone.now()
        unexpired = models.Q(expires_at=None) | models.Q(expires_at__gt=now)
        return self.standing().filter(unexpired, disabled_at=None)

    def disabled(self):
        return self.standing().exclude(disabled_at=None)

    def stopped(self):
        """Return standing tokens that are disabled or expired."""
        expired = models.Q(expires_at__lte=timezone.now())
        return self.standing().filter(expired | ~models.Q(disabled_at=None))

    def expired(self):
        return self.standing().filter(expires_at__lte=timezone.now())

    def lasting(self):
        """Return enabled tokens that never expire."""
        return self.enabled().filter(expires_at=None)

    def named_like(self, text):
        return self.filter(name_key__contains=name_key(text))

    def bounded_count(self, by="created_at"):
        """Count rows, but not further than a reader cares.

        PostgreSQL would read the table for it, were it not for the order of an index.
        """
        return self.order_by(by, "pk").values("pk")[:COUNTED_UP_TO].count()


def name_key(name):
    """Return what two names must not share to count as different."""
    folded = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    # One character can unfold into eighteen; no two names differ that late by chance.
    return folded[:KEY_LENGTH]


def default_log_token(account):
    """Return the default log token of an account: the oldest enabled one."""
    return (
        account.tokens.of_kind(Kind.LOGS).enabled().order_by("created_at", "pk").first()
    )
