from datetime import UTC

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.dateparse import parse_datetime

from accounts.models.accounts import Account
from accounts.models.organisations import Organisation
from accounts.models.people import User


class Action(models.TextChoices):
    """Titles follow the audit trail of Logz.io where it has the event."""

    TOKEN_CREATED = "token_created", "Created a token"
    TOKEN_IMPORTED = "token_imported", "Imported a token"
    TOKEN_RENAMED = "token_renamed", "Renamed a token"
    TOKEN_NOTE_CHANGED = "token_note_changed", "Changed a token's note"
    TOKEN_ENABLED = "token_enabled", "Enabled a token"
    TOKEN_DISABLED = "token_disabled", "Disabled a token"
    TOKEN_ROTATED = "token_rotated", "Rotated a token"
    TOKEN_ROTATION_FINISHED = "token_rotation_finished", "Finished a rotation"
    TOKEN_ROLLED_BACK = "token_rolled_back", "Rolled a rotation back"
    TOKEN_SECRET_REVIVED = "token_secret_revived", "Let an old secret work again"
    TOKEN_EXPIRY_CHANGED = "token_expiry_changed", "Changed a token's expiry"
    TOKEN_NETWORKS_CHANGED = "token_networks_changed", "Changed a token's networks"
    TOKEN_LIMIT_CHANGED = "token_limit_changed", "Changed a token's limit"
    TOKEN_RESTRICTED = "token_restricted", "Narrowed what a token may do"
    TOKEN_HANDED_OVER = "token_handed_over", "Handed a token over"
    TOKEN_DELETED = "token_deleted", "Deleted a token"
    TOKEN_RESTORED = "token_restored", "Restored a token"
    TOKEN_PURGED = "token_purged", "Purged a deleted token"
    TOKEN_REVEALED = "token_revealed", "Copied a token"
    TOKEN_LEAKED = "token_leaked", "Reported a token as found"
    POLICY_CHANGED = "policy_changed", "Changed a policy"
    SHARE_CHANGED = "share_changed", "Changed a shared token's filters"
    SHARE_WIDENED = "share_widened", "Widened what a shared token shows"
    FILTER_CREATED = "filter_created", "Created a token filter"
    FILTER_UPDATED = "filter_updated", "Updated a token filter"
    FILTER_DELETED = "filter_deleted", "Deleted a token filter"
    VIEW_CREATED = "view_created", "Added a shared view"
    VIEW_UPDATED = "view_updated", "Changed a shared view"
    VIEW_MOVED = "view_moved", "Moved a shared view"
    VIEW_DELETED = "view_deleted", "Deleted a shared view"
    REFUSED_CALLS_DISMISSED = "refusals_dismissed", "Dismissed a token's refused calls"
    CALENDAR_MADE = "calendar_made", "Made a calendar address"
    CALENDAR_RENEWED = "calendar_renewed", "Renewed a calendar address"
    CALENDAR_REVOKED = "calendar_revoked", "Revoked a calendar address"
    WEBHOOK_ADDED = "webhook_added", "Added a webhook"
    WEBHOOK_CHANGED = "webhook_changed", "Changed a webhook's address"
    WEBHOOK_RENEWED = "webhook_renewed", "Renewed a webhook's secret"
    WEBHOOK_REVEALED = "webhook_revealed", "Copied a webhook's secret"
    WEBHOOK_REMOVED = "webhook_removed", "Removed a webhook"
    REMINDED = "reminded", "Told admins what ends soon"
    REMINDERS_ON = "reminders_on", "Switched reminders on"
    REMINDERS_OFF = "reminders_off", "Switched reminders off"
    ACCOUNT_CREATED = "account_created", "Created an account"
    ACCOUNT_IMPORTED = "account_imported", "Moved an account in"
    ACCOUNT_UPDATED = "account_updated", "Updated an account"
    ACCOUNT_SUSPENDED = "account_suspended", "Suspended an account"
    ACCOUNT_REACTIVATED = "account_reactivated", "Reactivated an account"
    ACCOUNT_DELETED = "account_deleted", "Deleted an account"
    ACCOUNT_RESTORED = "account_restored", "Restored an account"
    ORGANISATION_CREATED = "organisation_created", "Created an organisation"
    ORGANISATION_UPDATED = "organisation_updated", "Changed plan or limits"
    ORGANISATION_SUSPENDED = "organisation_suspended", "Suspended an organisation"
    ORGANISATION_RESUMED = "organisation_resumed", "Reactivated an organisation"
    PROVIDER_ADDED = "provider_added", "Added a sign-in provider"
    PROVIDER_CHANGED = "provider_changed", "Changed a sign-in provider"
    PROVIDER_ON = "provider_on", "Switched a sign-in provider on"
    PROVIDER_OFF = "provider_off", "Switched a sign-in provider off"
    SIGN_IN_REQUIRED = "sign_in_required", "Changed how people must sign in"
    BREAK_GLASS_USED = "break_glass_used", "Signed in past the required provider"
    PROVIDER_CONNECTED = "provider_connected", "Connected a sign-in provider"
    PROVIDER_DISCONNECTED = "provider_disconnected", "Disconnected a sign-in provider"
    USER_ADDED = "user_added", "Added user"
    USER_ACCEPTED = "user_accepted", "Accepted an invitation"
    USER_DECLINED = "user_declined", "Declined an invitation"
    USER_KEPT = "user_kept", "Kept the last admin"
    GROUPS_CHANGED = "groups_changed", "Changed roles of groups"
    USER_UPDATED = "user_updated", "Updated user"
    USER_ROLE_CHANGED = "user_role_changed", "Updated user role"
    USER_SUSPENDED = "user_suspended", "Suspended user"
    USER_UNSUSPENDED = "user_unsuspended", "Unsuspended user"
    USER_REMOVED = "user_removed", "Deleted user"
    PASSWORD_RESET_STARTED = "password_reset_started", "Started a password reset"
    SESSIONS_ENDED = "sessions_ended", "Ended a person's sessions"
    LOGIN = "login", "Login"
    LOGIN_FAILED = "login_failed", "Failed login"
    LOGOUT = "logout", "Logout"
    PASSWORD_CHANGED = "password_changed", "Changed password"
    MFA_CHANGED = "mfa_changed", "Changed two-factor authentication"
    AUDIT_EXPORTED = "audit_exported", "Exported the audit trail"
    TOKENS_EXPORTED = "tokens_exported", "Exported the token list"
    GATEWAY_REFUSED = "gateway_refused", "Refused an unknown gateway"
    KEYS_ROTATED = "keys_rotated", "Re-encrypted a batch of secrets"


def actions():
    """Name the actions when asked: a new one is then no change of the table."""
    return Action.choices


# From 2 on a digest covers the person, too.
DIGEST_VERSION = 3


class AuditChain(models.Model):
    """The last link of an organisation's chain of events; locked to append."""

    organisation = models.OneToOneField(
        Organisation, null=True, on_delete=models.PROTECT, related_name="audit_chain"
    )
    sequence = models.PositiveBigIntegerField(default=0)
    digest = models.BinaryField(max_length=32, default=bytes(32))

    class Meta:
        constraints = [
            # NULLs are all different to a plain one, and the installation has one chain.
            models.UniqueConstraint(
                Coalesce("organisation", 0), name="chain_one_per_organisation"
            )
        ]

    def __str__(self):
        return f"chain of {self.organisation or 'the installation'}"


class AuditEventQuerySet(models.QuerySet):
    def of_account(self, account):
        """Return an account's events; the main account has the organisation's."""
        if account.is_main:
            return self.filter(organisation=account.organisation_id)
        return self.filter(account=account)

    def by(self, labels):
        """Return what people, known by their e-mail, or tokens, by name, have done."""
        people = User.objects.filter(email__in=labels)
        unnamed = models.Q(user=None, actor_label__in=labels)
        return self.filter(models.Q(user__in=people) | unnamed)


class AuditEvent(models.Model):
    """Who did what to what, when and from where. Rows are written once."""

    # Each of these begins an index below: one more of it alone is written for nothing.
    chain = models.ForeignKey(
        AuditChain, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    sequence = models.PositiveBigIntegerField()
    key_id = models.PositiveBigIntegerField()
    digest = models.BinaryField(max_length=32)
    # Of what the digest is made. A server of before, which runs on during an update, knows
    # nothing of it.
    digest_version = models.PositiveSmallIntegerField(
        default=DIGEST_VERSION, db_default=1
    )
    created_at = models.DateTimeField()
    action = models.CharField(max_length=32, choices=actions)
    organisation = models.ForeignKey(
        Organisation,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    account = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    # Plain numbers, since a purged token's events stay.
    actor_token_id = models.IntegerField(null=True)
    token_id = models.IntegerField(null=True)
    actor_label = models.CharField(max_length=254)
    target = models.CharField(max_length=254, blank=True)
    ip = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)
    # Of the request that it came about in, as in the answer and in the log.
    request_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    data = models.JSONField(default=dict)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["chain", "sequence"], name="event_sequence_unique_per_chain"
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "-id"], name="event_by_organisation"),
            models.Index(fields=["account", "-id"], name="event_by_account"),
            models.Index(fields=["token_id", "-id"], name="event_by_token"),
            models.Index(fields=["user", "-id"], name="event_by_user"),
        ]

    def __str__(self):
        return f"{self.actor_label}: {self.get_action_display()}"

    @property
    def changes(self):
        """The changes as (field, old, new) in words."""
        return [
            (_spaced(name), _words(name, old), _words(name, new))
            for name, old, new in self.data.get("changes", [])
        ]

    @property
    def particulars(self):
        """Whatever else is known, as (name, value) in words."""
        return [
            (_spaced(name), _words(name, value))
            for name, value in self.data.items()
            if name != "changes" and value != ""
        ]


def _spaced(name):
    return name.replace("_", " ").capitalize()


def _words(name, value):
    if value is None or value in ("", []):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return _moment(value) if name.endswith("_at") else value


def _moment(text):
    exact = parse_datetime(text).astimezone(UTC)
    return f"{exact:%a} {exact.day} {exact:%b %Y %H:%M} UTC"
