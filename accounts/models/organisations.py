from django.db import models
from django.db.models.functions import Now

from accounts.clock import clock
from accounts.plans import ENTITLEMENTS, Plan


def on_more(path="", now=None):
    """Return the condition of organisations that are `is_on_more`.

    `path` leads to the organisation, such as account__organisation__.
    """
    now = now or clock.now()
    trial = {f"{path}plan": Plan.COMMUNITY, f"{path}trial_ends_at__gt": now}
    return models.Q(**trial)


def lacks_api_tokens(path="", now=None):
    """Return the condition that an organisation's plan has no API tokens right now."""
    plans = [plan for plan in Plan if not ENTITLEMENTS[plan].api_tokens]
    return models.Q(**{f"{path}plan__in": plans}) & ~on_more(path, now)


class Organisation(models.Model):
    """One main account and its children: the plan they share and its volumes."""

    name = models.CharField(max_length=100)
    plan = models.CharField(max_length=16, choices=Plan, default=Plan.COMMUNITY)
    trial_ends_at = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspension_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    daily_gb = models.FloatField(default=10)
    is_flexible = models.BooleanField(default=False)
    is_consumption = models.BooleanField(default=False)
    hard_cap_gb = models.FloatField(default=300)
    warm_tier = models.BooleanField(default=False)
    unique_time_series = models.PositiveIntegerField(default=10_000)
    monthly_spans = models.PositiveBigIntegerField(default=50_000_000)
    daily_scan_gb = models.FloatField(default=10)
    max_sub_accounts = models.PositiveIntegerField(default=20)
    max_metrics_accounts = models.PositiveIntegerField(default=5)
    max_tracing_accounts = models.PositiveIntegerField(default=3)
    max_security_accounts = models.PositiveIntegerField(default=5)

    allows_endless_links = models.BooleanField(
        default=False, help_text="Shared tokens may be made without an expiry."
    )
    allows_minting = models.BooleanField(
        default=True, help_text="API tokens may be made with the main account's token."
    )

    # Whether there may be a TokenPolicy, so that where there is none nobody asks for one.
    has_policies = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(plan__in=Plan.values), name="organisation_plan_known"
            ),
            models.CheckConstraint(
                condition=models.Q(is_flexible=False) | models.Q(is_consumption=False),
                name="organisation_flexible_or_consumption",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def in_trial(self):
        return self.trial_ends_at is not None and self.trial_ends_at > clock.now()

    @property
    def is_on_more(self):
        """Whether a trial runs at whose end the plan allows less than now."""
        return self.entitlement != ENTITLEMENTS[self.plan]

    @property
    def state(self):
        return "suspended" if self.suspended_at else "active"

    @property
    def entitlement(self):
        """The entitlements of the plan right now; a running trial is a trial of Pro."""
        if self.plan == Plan.COMMUNITY and self.in_trial:
            return ENTITLEMENTS[Plan.PRO]
        return ENTITLEMENTS[self.plan]

    @property
    def main(self):
        """The main account."""
        return self.accounts.get(kind="main")
