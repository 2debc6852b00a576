from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from accounts.audit.trail import record
from accounts.crypto.keys import keyring
from accounts.models import Account, Action
from accounts.permissions import Operation, may
from accounts.rule_violations import Gone
from tokens.models.secrets import found_by
from tokens.secrets import digests, make_for_calendar

NOTED_EVERY = timedelta(hours=1)


class CalendarFeed(models.Model):
    """The address from which a person's calendar fetches when tokens end.

    The secret in it is not kept, only found by its keyed hash.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="calendar_feeds",
    )
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    lookup = models.BinaryField(max_length=32, unique=True)
    index_kid = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    fetched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "account"], name="calendar_once_per_person_and_account"
            )
        ]

    def __str__(self):
        return f"calendar of {self.user} for {self.account}"

    @classmethod
    def renew(cls, account, *, by):
        """Give a person a fresh address for an account, the first or another one.

        Returns its Secret; an address from before opens nothing any more.
        """
        secret = make_for_calendar()
        fresh = {"created_at": timezone.now(), "fetched_at": None} | found_by(secret)
        with transaction.atomic():
            _, is_first = cls.objects.update_or_create(
                user=by.user, account=account, defaults=fresh
            )
            action = Action.CALENDAR_MADE if is_first else Action.CALENDAR_RENEWED
            record(action, by=by, account=account, target=account.name)
        return secret

    def revoke(self, *, by):
        with transaction.atomic():
            if not CalendarFeed.objects.filter(pk=self.pk).delete()[0]:
                raise Gone("The calendar address")
            account = self.account
            record(Action.CALENDAR_REVOKED, by=by, account=account, target=account.name)

    @classmethod
    def opened_by(cls, secret):
        """Return the feed that a Secret opens, or None.

        None is also what a person gets who may not look after the account any more.
        """
        feeds = cls.objects.select_related("user", "account__organisation")
        feed = feeds.filter(lookup__in=digests(secret)).first()
        if feed and may(feed.user, Operation.CALENDAR_EDIT, feed.account):
            return feed
        return None

    def note_fetch(self, secret):
        """Remember that it was fetched, and find it by the active key from now on."""
        now = timezone.now()
        is_recent = self.fetched_at and self.fetched_at > now - NOTED_EVERY
        if is_recent and self.index_kid == keyring("index").active.kid:
            return
        same = CalendarFeed.objects.filter(pk=self.pk, lookup=self.lookup)
        same.update(fetched_at=now, **found_by(secret))

    @property
    def is_lost(self):
        """Whether its address was made with a key that the operator has taken away."""
        return self.index_kid not in keyring("index").keys
