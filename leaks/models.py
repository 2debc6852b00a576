"""Tokens that were found where they should not be, and what is to be done about them."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts import hooks
from accounts.audit.trail import record
from accounts.clock import clock
from accounts.locks import locked
from accounts.models import Action, Organisation
from accounts.models.turns import Turn, take_first
from tokens.models import StoredSecret, Token

MAX_PLACE = 500
# After that another worker takes over from one that died over it.
LEASE = timedelta(minutes=10)
# Of one secret; a search engine may find a thousand copies, and ten say the same.
MOST_PLACES = 100


class ReportOutcome(models.TextChoices):
    """The outcome for a secret that was found."""

    WAITING = "", "Waiting"
    TOLD = "told", "Nothing was stopped: the admins were told"
    DISABLED = "disabled", "It was disabled"
    ROTATED = "rotated", "It has a new secret, and the one that was found is stopped"
    ENDED = "ended", "The old secret was found, and is stopped before its time"
    OVER = "over", "It did not work any more"


class LeakQuerySet(models.QuerySet):
    def take(self):
        """Return a leak that is the caller's to follow up, or None."""
        return take_first(
            self.filter(outcome=ReportOutcome.WAITING), clock.now(), LEASE
        )


class Leak(Turn, models.Model):
    """A secret of a token that somebody has found in a place."""

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="leaks")
    secret = models.ForeignKey(
        StoredSecret, on_delete=models.CASCADE, related_name="leaks", db_index=False
    )
    place = models.CharField(max_length=MAX_PLACE, blank=True)
    # Who says so, and from where.
    found_by = models.CharField(max_length=100)
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)
    found_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(
        max_length=8, choices=ReportOutcome, default=ReportOutcome.WAITING, blank=True
    )
    free_at = models.DateTimeField(default=timezone.now)
    # When somebody was mailed.
    told_at = models.DateTimeField(null=True)

    objects = LeakQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["secret", "place"], name="leak_once_per_secret_and_place"
            )
        ]
        indexes = [
            # A short list, whatever was found before.
            models.Index(
                fields=["free_at", "id"],
                condition=Q(outcome=ReportOutcome.WAITING),
                name="leak_waiting",
            ),
        ]

    def __str__(self):
        return f"{self.token} at {self.place or 'a place that was not said'}"


class LeakPolicy(models.Model):
    """Whether an organisation has tokens stopped as soon as they are found."""

    organisation = models.OneToOneField(
        Organisation, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    stops_at_once = models.BooleanField(default=False)

    def __str__(self):
        return f"{self.organisation}: {'stop' if self.stops_at_once else 'tell'}"


def stops_at_once(organisation_id):
    """Return whether an organisation wants what is found stopped at once."""
    policies = LeakPolicy.objects.filter(
        organisation=organisation_id, stops_at_once=True
    )
    return policies.exists()


def set_policy(account, *, stops, by):
    """Set the policy of a main account's organisation; it holds for what is found next."""
    with locked(account):
        before = stops_at_once(account.organisation_id)
        if before == stops:
            return
        LeakPolicy.objects.update_or_create(
            organisation_id=account.organisation_id, defaults={"stops_at_once": stops}
        )
        record(
            Action.POLICY_CHANGED,
            by=by,
            account=account,
            target=account.organisation.name,
            changes=[["stop_leaked_tokens_at_once", before, stops]],
        )


def found_places(token):
    """Return where the secret that a token has now was found, the last place first."""
    leaks = Leak.objects.filter(token=token, secret__valid_until=None)
    return [
        hooks.FoundPlace(leak.place, leak.found_by, leak.found_at)
        for leak in leaks.order_by("-pk")[:MOST_PLACES]
    ]
