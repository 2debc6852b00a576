import random
from datetime import timedelta

from django.db import models
from django.utils import timezone

from accounts.models import Account

FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=6)
MOST_DOUBLED = 10
# As Standard Webhooks advises: what failed together is not tried again together.
JITTER = 0.2
# However long a receiver asks to be left alone.
LONGEST_WAIT = timedelta(days=1)
# Longer than a call may take that waits for its turn.
PATIENCE = timedelta(seconds=30)


class Way(models.TextChoices):
    MAIL = "mail", "Mail"
    WEBHOOK = "webhook", "Webhook"


class Sending(models.Model):
    """How telling an account goes in one way: when it went last, and may go again.

    Workers race for `free_at`: whoever moves it on is the one that sends.
    """

    way = models.CharField(max_length=7, choices=Way)
    free_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    # What came back from the last try, in words.
    answer = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True

    def __str__(self):
        return f"{self.way} to {self.account}"

    def take(self, until):
        """Take the turn until then; returns whether nobody else has it."""
        now = timezone.now()
        free = type(self).objects.filter(pk=self.pk, free_at__lte=now)
        taken = free.update(free_at=until, tried_at=now)
        self.free_at = until
        return bool(taken)

    def is_held(self):
        """Whether the turn is still the one that was taken; nobody takes it meanwhile.

        Belongs into the transaction of what only one may do.
        """
        mine = type(self).objects.filter(pk=self.pk, free_at=self.free_at)
        return bool(mine.update(free_at=self.free_at))

    def settle(self, answer, *, pause=timedelta(), fields=()):
        """Note a success, with `fields` that were set; nothing goes the same way for a while."""
        now = timezone.now()
        self.free_at, self.delivered_at = now + pause, now
        self.answer, self.failures = answer[:300], 0
        self._keep("delivered_at", *fields)

    def put_off(self, answer, *, wait=timedelta()):
        """Note a failure; the next try comes the later the more often it failed.

        It comes no sooner than the receiver asked to `wait`.
        """
        pause = min(FIRST_RETRY * 2 ** min(self.failures, MOST_DOUBLED), LAST_RETRY)
        pause *= 1 + JITTER * random.random()  # noqa: S311 -- nothing secret
        self.free_at = timezone.now() + max(pause, min(wait, LONGEST_WAIT))
        self.answer = answer[:300]
        self.failures += 1
        self._keep()

    def _keep(self, *fields):
        # When it was tried is not written: whoever took the turn has done so.
        self.save(update_fields=["free_at", "answer", "failures", *fields])


class Delivery(Sending):
    """How telling an account of refused calls goes, and testing its webhook."""

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint("account", "way", name="delivery_once_per_way")
        ]

    @property
    def is_waiting(self):
        """Whether a webhook that was called may still answer."""
        called = self.tried_at and timezone.now() - self.tried_at < PATIENCE
        return bool(called and not self.answer)
