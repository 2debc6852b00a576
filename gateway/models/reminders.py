"""Telling admins ahead of what ends: how it goes, what was told, and who wants none."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.audit.trail import record
from accounts.clock import clock
from accounts.locks import locked
from accounts.models import Account, Action
from gateway.models.deliveries import Sending, Way
from tokens.models import Token

# After that another worker takes over from one that died over it.
LEASE = timedelta(minutes=15)
# What was told of an end that is past for so long decides nothing any more.
KEPT = timedelta(days=1)
ROWS_AT_ONCE = 500


class ReminderQuerySet(models.QuerySet):
    def claim(self, account_id, way, now, *, at_once=False):
        """Return the Reminder that is the caller's to send today, or None.

        Of all who ask at once, on all hosts, one gets it, and nobody once it was sent,
        unless there is something that is told `at_once`.
        """
        reminder, _ = self.get_or_create(
            account_id=account_id, way=way, defaults={"free_at": now}
        )
        free = self.filter(pk=reminder.pk).exclude(busy(now) if at_once else taken(now))
        until = now + LEASE
        is_mine = free.update(free_at=until, tried_at=now)
        reminder.free_at = until
        return reminder if is_mine else None


def taken(now):
    """Return the condition of reminders that are not to be sent now."""
    return busy(now) | Q(sent_on__gte=now.date())


def busy(now):
    """Return the condition of reminders that somebody sends, or that were put off."""
    return Q(free_at__gt=now)


class Reminder(Sending):
    """How reminding an account goes in one way: at most one message a day (in UTC)."""

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="reminders", db_index=False
    )
    sent_on = models.DateField(null=True, blank=True)
    # The end of the trial that was told of last, and the step of DAYS that it was then.
    trial_ends_at = models.DateTimeField(null=True, blank=True)
    trial_days = models.PositiveSmallIntegerField(null=True, blank=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("account", "way", name="reminder_once_per_way")
        ]

    def keep(self, answer, ends):
        """Note that the message of a day with some Endings was sent."""
        self.sent_on = ends.now.date()
        if ends.trial:
            self.trial_ends_at, self.trial_days = ends.trial.ends_at, ends.trial_step
        self.settle(answer, fields=("sent_on", "trial_ends_at", "trial_days"))


class RemindedTokenQuerySet(models.QuerySet):
    def note(self, way, tokens):
        """Note that admins were told of tokens, each with its `step`."""
        rows = [
            RemindedToken(token=token, way=way, ends_at=token.ends_at, days=token.step)
            for token in tokens
        ]
        self.bulk_create(
            rows,
            batch_size=ROWS_AT_ONCE,
            update_conflicts=True,
            unique_fields=["token", "way"],
            update_fields=["ends_at", "days"],
        )

    def forgettable(self):
        return self.filter(ends_at__lt=clock.now() - KEPT)


class RemindedToken(models.Model):
    """The end of a token that was told of last, and the step of DAYS it was then.

    An expiry that was changed since is another one, of which nobody was told.
    """

    token = models.ForeignKey(
        Token, on_delete=models.CASCADE, related_name="reminded", db_index=False
    )
    way = models.CharField(max_length=7, choices=Way)
    ends_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField()

    objects = RemindedTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["token", "way"], name="reminded_token_once_per_way"
            )
        ]

    def __str__(self):
        return f"{self.token}: {self.days} days before {self.ends_at}"


class RemindersOff(models.Model):
    """An account whose admins want to be told of no end ahead."""

    account = models.OneToOneField(
        Account, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    since = models.DateTimeField(db_default=Now())

    def __str__(self):
        return f"no reminders to {self.account}"


def switch_off(account, *, by):
    """Tell an account's admins of no end ahead."""
    with locked(account):
        _, is_new = RemindersOff.objects.get_or_create(account=account)
        if is_new:
            record(Action.REMINDERS_OFF, by=by, account=account, target=account.name)


def switch_on(account, *, by):
    """Tell an account's admins of what ends, as from the start."""
    with locked(account):
        was_off, _ = RemindersOff.objects.filter(account=account).delete()
        if was_off:
            record(Action.REMINDERS_ON, by=by, account=account, target=account.name)


def forget():
    """Remove what decides nothing any more; returns what it was, in words."""
    count, _ = RemindedToken.objects.forgettable().delete()
    return f"{count} notes of reminders"
