import re
from datetime import timedelta

from django.apps import apps
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils import timezone

from accounts.ids import is_id
from accounts.models.organisations import Organisation

# The rule of Logz.io, the same for every kind of account.
NAME_PATTERN = re.compile(r"\A[A-Za-z0-9._ -]{1,100}\Z")
# For so long what was deleted, tokens too, can be restored.
RESTORABLE_DAYS = 30
RESTORABLE_FOR = timedelta(days=RESTORABLE_DAYS)


class AccountKind(models.TextChoices):
    MAIN = "main", "Main"
    SUB = "sub", "Sub account"
    METRICS = "metrics", "Metrics"
    TRACING = "tracing", "Tracing"
    SECURITY = "security", "Security"

    @property
    def noun(self):
        """The kind's name within a sentence."""
        words = self.label.lower()
        return words if words.endswith("account") else f"{words} account"


class Role(models.TextChoices):
    ADMIN = "admin", "Admin"
    USER = "user", "User"
    READ_ONLY = "read_only", "Read only"


LOG_KINDS = (AccountKind.MAIN, AccountKind.SUB)


def running(path=""):
    """Return the condition of accounts whose tokens may work, as `Account.is_running`.

    `path` leads to the account, such as account__.
    """
    stops = ("deleted_at", "suspended_at", "organisation__suspended_at")
    return models.Q(**{f"{path}{name}": None for name in stops})


# Accounts whose tokens not everybody sees who oversees their organisation.
APART = models.Q(accessible=False) | models.Q(deleted_at__isnull=False)


class AccountQuerySet(models.QuerySet):
    def not_deleted(self):
        """Return accounts that are not deleted."""
        return self.filter(deleted_at=None)

    def recently_deleted(self):
        """Return deleted accounts that staff can still restore."""
        return self.filter(deleted_at__gt=timezone.now() - RESTORABLE_FOR)

    def running(self):
        """Return accounts whose tokens may work."""
        return self.filter(running())

    def of_kind(self, *kinds):
        return self.filter(kind__in=kinds)

    def children(self):
        return self.exclude(kind=AccountKind.MAIN)

    def matching(self, text):
        """Return accounts that have a text in their name, or as their id."""
        found = models.Q(name__icontains=text)
        if is_id(text):
            found |= models.Q(pk=int(text))
        return self.filter(found) if text else self

    def in_order(self, text=""):
        """Sort by organisation, the main account first, then by name.

        What is called like a text comes before all, then what begins with it.
        """
        child = models.Case(models.When(kind=AccountKind.MAIN, then=0), default=1)
        order = ["organisation__name", "organisation_id", child, "name", "pk"]
        if text:
            called = models.When(name__iexact=text, then=0)
            begins = models.When(name__istartswith=text, then=1)
            order.insert(0, models.Case(called, begins, default=2))
        return self.order_by(*order)

    def visible_to(self, user):
        """Return the accounts a person may know about; staff see deleted ones too."""
        if user.is_staff:
            return self
        return self.not_deleted().filter(_entered_by(user))

    def enterable_by(self, user):
        """Return the accounts a person finds in the switcher."""
        return self.not_deleted().filter(_entered_by(user))

    def administered_by(self, user):
        """Return the accounts whose tokens a person manages."""
        return self.filter(administered_through(_memberships().usable_by(user)))


def administered_through(memberships):
    """Return the condition of the accounts that memberships make somebody an admin of."""
    admin = memberships.filter(role=Role.ADMIN)
    given = models.Q(pk__in=admin.values("account"))
    opened = models.Q(accessible=True, organisation__in=_organisations(admin))
    return models.Q(deleted_at=None) & (given | opened)


def _memberships():
    return apps.get_model("accounts.Membership").objects


def _organisations(memberships):
    mains = memberships.filter(account__kind=AccountKind.MAIN)
    return mains.values("account__organisation")


def _entered_by(user):
    memberships = _memberships().usable_by(user)
    admins = memberships.filter(role=Role.ADMIN)
    return (
        models.Q(pk__in=memberships.values("account"))
        | models.Q(organisation__in=_organisations(admins))
        | models.Q(accessible=True, organisation__in=_organisations(memberships))
    )


class Account(models.Model):
    """A place that telemetry is shipped to, and that owns tokens.

    Fields mirror the Logz.io API's time-based, metrics and security accounts; those
    that a kind does not have stay at their defaults.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="accounts"
    )
    kind = models.CharField(max_length=8, choices=AccountKind)
    name = models.CharField(
        max_length=100,
        validators=[
            RegexValidator(
                NAME_PATTERN,
                "Use letters, digits, dashes, dots, underscores and spaces only.",
            )
        ],
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    updated_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspension_reason = models.CharField(max_length=200, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    searchable = models.BooleanField(default=True)
    accessible = models.BooleanField(default=True)
    sharing_objects_accounts = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="+"
    )
    doc_size_setting = models.BooleanField(default=False)
    utilization_enabled = models.BooleanField(default=False)
    utilization_frequency_minutes = models.PositiveIntegerField(null=True, blank=True)

    retention_days = models.PositiveIntegerField(
        default=7, validators=[MinValueValidator(1)]
    )
    # 0 is none, said as clearly.
    snap_search_retention_days = models.PositiveIntegerField(null=True, blank=True)
    is_flexible = models.BooleanField(default=False)
    max_daily_gb = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0)]
    )
    reserved_daily_gb = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0)]
    )
    soft_limit_gb = models.FloatField(null=True, blank=True)

    plan_uts = models.PositiveIntegerField(null=True, blank=True)
    monthly_spans = models.PositiveBigIntegerField(null=True, blank=True)
    daily_multiplier = models.PositiveSmallIntegerField(default=8)
    authorized_accounts = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="+"
    )
    accounts_to_scan = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="+"
    )
    is_using_repository_account = models.BooleanField(default=False)

    # Whether the person whose relations were asked for has not been here yet.
    is_new_to_person = False
    # The memberships of that person which give no right here just now, and could.
    waiting = ()

    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=AccountKind.values),
                name="account_kind_known",
            ),
            models.UniqueConstraint(
                "organisation",
                condition=models.Q(kind=AccountKind.MAIN),
                name="account_one_main_per_organisation",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind=AccountKind.MAIN)
                | models.Q(deleted_at=None, accessible=True, searchable=True),
                name="account_main_stays_open",
            ),
            models.UniqueConstraint(
                "organisation",
                "kind",
                Lower("name"),
                condition=models.Q(deleted_at=None),
                name="account_name_unique_per_kind",
                violation_error_message=(
                    "The organisation already has such an account with this name."
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "name", "id"], name="account_by_name"),
            # The few that who oversees an organisation may not see the tokens of.
            models.Index(
                fields=["organisation"], condition=APART, name="account_apart"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_main(self):
        return self.kind == AccountKind.MAIN

    @property
    def takes_logs(self):
        return self.kind in LOG_KINDS

    @property
    def main(self):
        """The main account of this account's organisation."""
        if self.is_main:
            return self
        return self.organisation.main

    @property
    def is_running(self):
        return not (
            self.deleted_at or self.suspended_at or self.organisation.suspended_at
        )

    @property
    def has_api_tokens(self):
        """Whether the portal offers API tokens in this kind of account."""
        return self.kind != AccountKind.METRICS

    @property
    def state(self):
        if self.deleted_at:
            return "deleted"
        if self.suspended_at or self.organisation.suspended_at:
            return "suspended"
        return "active"
