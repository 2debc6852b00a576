from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models.accounts import Account, AccountKind, Role

# For so long what groups gave counts after their provider spoke for the person: for what
# people do themselves, and for what is sent to them or fetched in their name.
WORD_HOLDS = timedelta(hours=1)
STANDS_FOR = timedelta(days=30)
IS_CHILD = models.Case(
    models.When(account__kind=AccountKind.MAIN, then=0),
    default=1,
    output_field=models.IntegerField(),
)


class MembershipQuerySet(models.QuerySet):
    def accepted(self):
        """Return those that give a right, now or once they are not suspended."""
        return self.exclude(accepted_at=None)

    def unsuspended(self):
        return self.filter(suspended_at=None, user__is_active=True)

    def active(self):
        return self.accepted().unsuspended()

    def heard(self, within=WORD_HOLDS):
        """Return those whose provider spoke for the person lately, of what groups gave."""
        return self.heard_since(timezone.now() - within)

    def heard_since(self, moment):
        lately = models.Q(heard_at__gt=moment)
        return self.filter(models.Q(granted_by=None) | lately)

    def usable_by(self, user):
        """Return what gives a person rights just now, in the session that they act in."""
        found = self.active().heard().filter(user=user)
        if user.only_in is None:
            return found
        return found.filter(account__organisation=user.only_in)

    def admins(self):
        return self.active().filter(role=Role.ADMIN)

    def awaited_admins(self):
        """Return the admins, and those who will be when they accept."""
        return self.unsuspended().filter(role=Role.ADMIN)

    def open_invitations(self):
        """Return those that their person may accept now; operators may none."""
        ended = models.Q(invited_until__lt=timezone.now())
        found = self.filter(accepted_at=None, suspended_at=None).exclude(ended)
        return found.filter(user__is_staff=False, account__deleted_at=None)

    def entered(self):
        """Return those whose person came to the organisation."""
        return self.accepted().exclude(entered_at=None)

    def come_in(self, moment=None):
        """Note that a person came to the organisation of these, just now by default."""
        return self.accepted().update(entered_at=moment or timezone.now())

    def main_first(self):
        return self.select_related("account").order_by(IS_CHILD, "pk")

    def latest_first(self):
        """Sort by when the person came in, the main account first of an organisation."""
        return self.select_related("account").order_by("-entered_at", IS_CHILD, "pk")

    def called_like(self, text):
        """Return the memberships that show a full name with a text in it."""
        own = models.Q(
            full_name="", entered_at__isnull=False, user__full_name__icontains=text
        )
        return self.filter(models.Q(full_name__icontains=text) | own)

    def helpers(self, account):
        """Return an account's admins, or the main account's when it has none."""
        admins = self._admins_of(account)
        return admins if admins.exists() else self._admins_of(account.main)

    def caretakers(self, account):
        """Return those of the helpers who may look after an account's tokens."""
        shut = not account.accessible
        return self._admins_of(account) if shut else self.helpers(account)

    def _admins_of(self, account):
        admins = self.admins().heard(STANDS_FOR).filter(account=account)
        return admins.select_related("user").order_by("user__email")


class Membership(models.Model):
    """Somebody in an account; until `accepted_at` it is an invitation, and no right."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=9, choices=Role, default=Role.USER)
    # As the account's admins wrote them; the person's own profile is another matter.
    full_name = models.CharField(max_length=150, blank=True)
    username = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    suspended_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    # Until when it can be accepted; one that was never mailed does not end.
    invited_until = models.DateTimeField(null=True, blank=True)
    invited_by = models.CharField(max_length=254, blank=True, db_default="")
    # Whose groups gave it at a sign-in; none when somebody here did.
    granted_by = models.ForeignKey(
        "accounts.IdentityProvider",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="memberships",
    )
    # When that provider spoke for the person last.
    heard_at = models.DateTimeField(null=True, blank=True)
    # Since when no group gives it, which stays because it is the last admin's.
    kept_at = models.DateTimeField(null=True, blank=True)
    # When the person came in last: signed in for the organisation, or opened it at all.
    # Until then the account knows of them what it wrote itself, and nothing else.
    entered_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "user"],
                name="membership_once_per_account",
                violation_error_message="This person is a member already.",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role_known"
            ),
        ]

    def __str__(self):
        return f"{self.user} in {self.account}"

    @property
    def called(self):
        """The full name here: what the account wrote, else what the person did."""
        return self.full_name or (self.user.full_name if self.entered_at else "")

    @property
    def spelled(self):
        """The e-mail as it was written when the person was added."""
        return self.username or self.user.email

    @property
    def name(self):
        return self.called or self.user.email

    @property
    def state(self):
        if self.suspended_at:
            return "suspended"
        if not self.accepted_at:
            return "invited"
        return "active" if self.user.is_active else "disabled"

    def is_heard(self, within=WORD_HOLDS):
        """As `heard`, of this one."""
        if self.granted_by_id is None:
            return True
        return self.heard_at is not None and self.heard_at > timezone.now() - within

    @property
    def is_active(self):
        """Whether nothing but an acceptance may be missing."""
        return self.state in ("active", "invited")

    @property
    def has_lapsed(self):
        """Whether it is an invitation that cannot be accepted any more."""
        return self.state == "invited" and (
            self.invited_until is not None and self.invited_until < timezone.now()
        )
