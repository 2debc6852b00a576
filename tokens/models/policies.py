"""Policies of an organisation, and which tokens end because of them."""

from datetime import timedelta

from django.db import models

from accounts.clock import clock
from accounts.models import Organisation
from accounts.models.turns import Turn
from tokens.kinds import Kind
from tokens.policies.rules import POLICY_KINDS, of_kind

# After that another worker takes over from one that died over it.
LEASE = timedelta(minutes=10)
EVERY = timedelta(minutes=5)


class TokenPolicy(models.Model):
    """The policy for one kind of token; its rules are in tokens/policies/rules.py."""

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        related_name="token_policies",
        db_index=False,
    )
    kind = models.CharField(
        max_length=7, choices=[(each, each.label) for each in POLICY_KINDS]
    )
    # How far ahead an expiry may be, whenever it is set; with it an expiry is required.
    longest_days = models.PositiveSmallIntegerField(null=True)
    expiry_required = models.BooleanField(default=False)
    note_required = models.BooleanField(default=False)
    filters_required = models.BooleanField(default=False)
    networks_required = models.BooleanField(default=False)
    # An API token that can do everything is refused.
    scopes_required = models.BooleanField(default=False, db_default=False)
    least_overlap_hours = models.PositiveSmallIntegerField(null=True)
    unused_days = models.PositiveSmallIntegerField(null=True)
    # From then on tokens outside of it are disabled, each once it was announced.
    ends_outside_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind"], name="policy_once_per_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(longest_days=None) | models.Q(expiry_required=True),
                name="policy_lifetime_is_an_expiry",
            ),
        ]

    def __str__(self):
        return f"{self.organisation}: {self.kind}"

    @property
    def rules(self):
        """The rules that it can have, by name, with their values."""
        return {name: getattr(self, name) for name in of_kind(self.kind)}

    @property
    def asks(self):
        """Whether it asks for anything."""
        return any(self.rules.values())

    @property
    def longest(self):
        return timedelta(days=self.longest_days)

    @property
    def label(self):
        return Kind(self.kind).label

    @property
    def label_inside(self):
        """The kind within a sentence."""
        return self.label if self.kind == Kind.API else self.label.lower()


def policies_of(organisation_id):
    """Return the policy of each kind, those that nobody set among them, unsaved."""
    found = TokenPolicy.objects.filter(organisation=organisation_id)
    by_kind = {policy.kind: policy for policy in found}
    return {
        kind: by_kind.get(kind)
        or TokenPolicy(organisation_id=organisation_id, kind=kind)
        for kind in POLICY_KINDS
    }


class Cause(models.TextChoices):
    UNUSED = "unused"
    OUTSIDE = "outside"


class PlannedEnd(models.Model):
    """When a token is disabled because of a policy, unless what it is for is mended.

    It is told of like an expiry, in gateway/notifications/due_reminders.py.
    """

    token = models.OneToOneField(
        "tokens.Token",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="planned_end",
    )
    cause = models.CharField(max_length=7, choices=Cause)
    ends_at = models.DateTimeField(db_index=True)
    planned_at = models.DateTimeField()
    # When admins were mailed of it; before that nothing ends.
    announced_at = models.DateTimeField(null=True)

    def __str__(self):
        return f"{self.token} ends at {self.ends_at}: {self.cause}"


class PolicyRound(Turn, models.Model):
    """The one row over which workers of all hosts race for the next round."""

    free_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self):
        return f"round after {self.seen_at}"

    @classmethod
    def take(cls):
        """Return the round when it is due and the caller's, or None."""
        now = clock.now()
        row, _ = cls.objects.get_or_create(
            pk=1, defaults={"free_at": now, "seen_at": now}
        )
        # A turn that lies further ahead than any was given by a clock that was wrong.
        is_due = row.free_at <= now or row.free_at > now + LEASE + EVERY
        return row if is_due and row.hold(now + LEASE) else None

    def settle(self, now):
        """Note when it was, and let the next one come in a while."""
        type(self).objects.filter(pk=self.pk).update(seen_at=now)
        self.hold(clock.now() + EVERY)

    @classmethod
    def wake(cls):
        """Let the next round come at once."""
        cls.objects.filter(pk=1).update(free_at=clock.now())
