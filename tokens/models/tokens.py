from contextlib import contextmanager
from datetime import timedelta

from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.audit.trail import record
from accounts.clock import clock
from accounts.locks import repeated
from accounts.models import Account, Action, Organisation
from accounts.names import check_seen
from accounts.prepared import insert
from accounts.rule_violations import Gone, RuleViolation, Stale
from accounts.scopes import TEXT_LENGTH
from tokens import least_privilege, limits
from tokens.kinds import RULES, Kind
from tokens.models.querysets import (
    USE_FIELDS,
    TokenQuerySet,
    as_written,
    folded,
    lines_as_written,
    name_key,
)
from tokens.models.schema import CONSTRAINTS, INDEXES
from tokens.models.secrets import StoredSecret
from tokens.networks import read_networks
from tokens.policies import checks
from tokens.secrets import make
from tokens.states import effective_state, state_of

# What an event says of a new token, where there is any.
TOLD = ("note", "networks", "calls_per_minute")


class Token(models.Model):
    """A credential of an account. Its secrets are rows of StoredSecret."""

    account = models.ForeignKey(
        Account,
        null=True,
        on_delete=models.PROTECT,
        related_name="tokens",
        db_index=False,
    )
    # The account's, which never changes: the page over all accounts is read by it.
    organisation = models.ForeignKey(
        Organisation,
        null=True,
        on_delete=models.PROTECT,
        related_name="tokens",
        db_index=False,
    )
    kind = models.CharField(max_length=7, choices=Kind)
    name = models.CharField(max_length=100)
    name_key = models.CharField(max_length=400)
    note = models.CharField(
        max_length=limits.MAX_NOTE, blank=True, default="", db_default=""
    )
    note_key = models.TextField(blank=True, default="", db_default="")
    public_id = models.CharField(max_length=16, db_index=True)
    masked = models.CharField(max_length=24)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=254)
    # Who answers for it in place of its maker: who was handed it, or rotated it last.
    keeper = models.CharField(max_length=254, blank=True, default="", db_default="")
    updated_at = models.DateTimeField(db_default=Now())
    updated_by = models.CharField(max_length=254, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=200, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.CharField(max_length=254, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_address = models.CharField(max_length=45, blank=True)
    last_used_agent = models.CharField(max_length=200, blank=True)
    overlap_until = models.DateTimeField(null=True, blank=True)
    # Where it may be used from, with spaces between, and how often a minute. In the row,
    # so that a token without them costs no query and no look.
    networks = models.TextField(blank=True, default="", db_default="")
    calls_per_minute = models.PositiveIntegerField(null=True, blank=True)
    # Of API tokens, as accounts.scopes has them; empty is everything.
    scopes = models.CharField(
        max_length=TEXT_LENGTH, blank=True, default="", db_default=""
    )
    # The accounts that the main account's is kept to: ",7,12,"; empty is all of them, and
    # "," none. Ids never come again, so a list never widens.
    kept_to = models.TextField(blank=True, default="", db_default="")
    version = models.PositiveIntegerField(default=1)

    objects = TokenQuerySet.as_manager()
    # Which stored secret a caller showed, where there is a caller: id and birth.
    opened_by = (0, 0)

    class Meta:
        constraints = CONSTRAINTS
        indexes = INDEXES

    def __str__(self):
        return self.name

    @classmethod
    @repeated
    def issue(
        cls,
        *,
        account,
        kind,
        name,
        by,
        note="",
        expires_at=None,
        secret=None,
        enabled=True,
        networks=(),
        calls_per_minute=None,
        comes_with_account=False,
        scopes="",
        accounts=None,
        savepoint=True,
    ):
        """Make a token and return it with its Secret.

        A `secret` is given for one that moves in from elsewhere, `networks` as lines of
        text. `scopes` are as accounts.scopes keeps them; `accounts` the ids that it is
        kept to, None for all. Policies ask nothing of what moves in, nor of what
        `comes_with_account`. Raises RuleViolation, after which a transaction around it
        can go on only with a `savepoint`.
        """
        fresh = secret or make(kind)
        with limits.locked_account(account, savepoint=savepoint):
            token = cls(account=account, kind=kind, expires_at=expires_at)
            token.organisation_id = account and account.organisation_id
            token.disabled_at = None if enabled else clock.now()
            token.created_by = token.updated_by = by.author
            token.updated_at = token.created_at
            token._set_name(name)
            token._set_note(note)
            token.networks = read_networks(networks)
            token.calls_per_minute = calls_per_minute
            token._show(fresh)
            token.scopes, token.kept_to = scopes, least_privilege.as_kept(accounts)
            limits.check_new(token)
            least_privilege.check_new(token)
            if not (secret or comes_with_account):
                checks.check_new(token)
            insert(token)
            StoredSecret.keep(token, fresh, savepoint=secret is not None)
            action = Action.TOKEN_IMPORTED if secret else Action.TOKEN_CREATED
            told = {name: getattr(token, name) for name in TOLD}
            told = {name: value for name, value in told.items() if value}
            told |= least_privilege.told(token)
            token.record(action, by, kind=kind, **told)
        return token, fresh

    def may_enter(self, account_pk):
        """Whether an account is among those that the token is kept to, if it is to any."""
        return not self.kept_to or f",{account_pk}," in self.kept_to

    @property
    def rule(self):
        return RULES[self.kind]

    @property
    def is_not_deleted(self):
        return self.deleted_at is None

    @property
    def is_expired(self):
        return self.expires_at is not None and self.expires_at <= clock.now()

    @property
    def is_overlapping(self):
        """Whether the secret before the last rotation still works."""
        return self.overlap_until is not None and self.overlap_until > clock.now()

    @property
    def state(self):
        return state_of(self)

    @property
    def effective_state(self):
        """The state together with the account and its plan."""
        return effective_state(self)

    @property
    def kept_by(self):
        """Who answers for the token, and may know its secret."""
        return self.keeper or self.created_by

    @property
    def note_headline(self):
        """The first line of the note."""
        return self.note.partition("\n")[0]

    @repeated
    def reveal(self, *, by, **told):
        """Return the current Secret; the audit event is committed before it leaves."""
        secret = self.secrets.current().select_related("token").get().open()
        self.record(Action.TOKEN_REVEALED, by, **told)
        return secret

    @repeated
    def rename(self, name, *, by, version=None):
        with self._changing(by, version):
            limits.protect_single(self)
            old = self.name
            self._set_name(name)
            limits.check_name(self)
            self.record(Action.TOKEN_RENAMED, by, changes=[["name", old, self.name]])

    @repeated
    def hand_over(self, keeper, *, by, version=None):
        """Let a member of the organisation answer for the token from now on."""
        with self._changing(by, version):
            if keeper == self.kept_by:
                return
            limits.check_keeper(self, keeper)
            changes = [["keeper", self.kept_by, keeper]]
            self.keeper = keeper
            self.record(Action.TOKEN_HANDED_OVER, by, changes=changes)

    @repeated
    def set_note(self, text, *, by, version=None):
        """Say what the token is for, in up to 500 characters; an empty text is no note.

        Raises RuleViolation, also for a text with a whole token in it.
        """
        with self._changing(by, version):
            old = self.note
            self._set_note(text)
            limits.check_note(self)
            if self.note != old:
                checks.check_note(self)
                changes = [["note", old, self.note]]
                self.record(Action.TOKEN_NOTE_CHANGED, by, changes=changes)

    @repeated
    def limit_use(self, *, networks, calls_per_minute, by, version=None):
        """Set both at once, as `set_networks` and `set_calls_per_minute` do."""
        with transaction.atomic():
            self.set_networks(networks, by=by, version=version)
            self.set_calls_per_minute(calls_per_minute, by=by)

    @repeated
    def set_networks(self, lines, *, by, version=None):
        """Keep the token to networks, given as lines of text.

        Raises RuleViolation for a line that is no network, and for what would be more
        than before.
        """
        with self._changing(by, version):
            old, self.networks = self.networks, read_networks(lines)
            if self.networks != old:
                least_privilege.check_networks(self.networks, old)
                changes = [["networks", old, self.networks]]
                self.record(Action.TOKEN_NETWORKS_CHANGED, by, changes=changes)

    @repeated
    def set_calls_per_minute(self, most, *, by, version=None):
        """Set how many calls a minute the token is good for, or None for any number.

        Raises RuleViolation for more than before.
        """
        with self._changing(by, version):
            old, self.calls_per_minute = self.calls_per_minute, most
            limits.check_calls_per_minute(self)
            if most != old:
                least_privilege.check_limit(most, old)
                changes = [["calls_per_minute", old, most]]
                self.record(Action.TOKEN_LIMIT_CHANGED, by, changes=changes)

    @repeated
    def disable(self, *, by, reason="", version=None):
        check_seen(reason=reason)
        with self._changing(by, version):
            if self.disabled_at:
                return
            limits.protect_last(self)
            self.disabled_at, self.disabled_reason = clock.now(), reason
            self.record(Action.TOKEN_DISABLED, by, reason=reason)

    def disable_deleted(self, *, by, reason):
        """Make a deleted token come back disabled when it is restored."""
        self.disabled_at, self.disabled_reason = clock.now(), reason
        self.touch(by=by)
        self.record(Action.TOKEN_DISABLED, by, reason=reason)

    @repeated
    def enable(self, *, by, version=None):
        with self._changing(by, version):
            if not self.disabled_at:
                return
            limits.check_enabling(self)
            self.disabled_at, self.disabled_reason = None, ""
            self.record(Action.TOKEN_ENABLED, by)

    @repeated
    def set_expiry(self, expires_at, *, by, version=None):
        """Set when the token stops, or None for never."""
        with self._changing(by, version):
            limits.check_expiry(self, expires_at)
            checks.check_expiry(self, expires_at)
            if self.is_expired and not self.disabled_at:
                limits.check_enabling(self)
            changes = [["expires_at", _iso(self.expires_at), _iso(expires_at)]]
            self.expires_at = expires_at
            self.record(Action.TOKEN_EXPIRY_CHANGED, by, changes=changes)

    @repeated
    def restrict(self, *, by, scopes=None, accounts=None, version=None):
        """Keep an API token to less from now on; None leaves as it is.

        `scopes` are as accounts.scopes keeps them, `accounts` ids. Raises RuleViolation,
        also for what would be more than before.
        """
        with self._changing(by, version):
            found = least_privilege.narrow(self, scopes=scopes, accounts=accounts)
            changes = list(found)
            if changes:
                self.record(Action.TOKEN_RESTRICTED, by, changes=changes)

    @repeated
    def rotate(
        self,
        *,
        by,
        overlap=timedelta(0),
        version=None,
        secret=None,
        leaked=False,
        unrestricted=False,
    ):
        """Give the token a new secret; the old one works for `overlap` more.

        A `secret` is given when it moves in from elsewhere. Policies ask for no overlap
        then, nor when the old one has `leaked`. The only token of an account may leave
        its networks and its limit with the old secret, and is `unrestricted`.
        """
        with self._changing(by, version):
            if not (secret or leaked):
                checks.check_overlap(self, overlap)
            changes = self._let_go(overlap, moves_in=secret) if unrestricted else []
            until = clock.now() + overlap
            self.secrets.step_down(until=until)
            secret = secret or make(self.kind)
            StoredSecret.keep(self, secret)
            self._show(secret)
            self.overlap_until = until if overlap else None
            # Who made it may not know the new secret; a program answers for nothing.
            self.keeper = by.user.email if by.user else self.keeper
            told = {"changes": changes} if changes else {}
            hours = overlap.total_seconds() / 3600
            self.record(Action.TOKEN_ROTATED, by, overlap_hours=hours, **told)
        return secret

    def _let_go(self, overlap, *, moves_in):
        """Take networks and limit off, and return what changed."""
        least_privilege.check_letting_go(self, overlap)
        old = self.networks, self.calls_per_minute
        self.networks, self.calls_per_minute = "", None
        if not moves_in:
            checks.check_networks(self)
        new = self.networks, self.calls_per_minute
        names = ("networks", "calls_per_minute")
        return [list(each) for each in zip(names, old, new, strict=True) if each[1]]

    @repeated
    def finish_rotation(self, *, by, version=None):
        """Stop the secret before the last rotation now."""
        with self._changing(by, version):
            self.secrets.finish()
            self.overlap_until = None
            self.record(Action.TOKEN_ROTATION_FINISHED, by)

    @repeated
    def roll_back(self, *, by, version=None):
        """Undo the last rotation while its secrets overlap; the new one stops now."""
        with self._changing(by, version):
            self._show(self.secrets.step_back())
            # Who made the token may know the secret that is back.
            self.keeper = ""
            # One from before the rotation may have been let work again.
            self.overlap_until = self.secrets.overlapping().last_end()
            self.record(Action.TOKEN_ROLLED_BACK, by)

    @repeated
    def delete_softly(self, *, by, version=None):
        """Stop the token now; it can be restored with the same secret for a while."""
        with self._changing(by, version):
            limits.protect_single(self)
            limits.protect_last(self)
            self.deleted_at, self.deleted_by = clock.now(), by.author
            self.record(Action.TOKEN_DELETED, by)

    @repeated
    def restore(self, *, by, name=""):
        """Bring a deleted token back, with another name if one is given.

        It is disabled when the limit is reached, or a policy stands against it.
        """
        with self._changing(by, deleted=True):
            limits.check_restorable(self)
            self.deleted_at, self.deleted_by = None, ""
            changes = [["name", self.name, as_written(name)]] if name else []
            self._set_name(name or self.name)
            # A name of before stays, whatever the rules have become.
            check = limits.check_name if name else limits.check_name_is_free
            check(self)
            reason = "" if self.disabled_at else limits.why_not_enabled(self)
            if reason:
                self.disabled_at, self.disabled_reason = clock.now(), reason
            told = {"changes": changes} if changes else {}
            self.record(Action.TOKEN_RESTORED, by, **told)

    def note_use(self, address, agent):
        """Remember a use, at most once a minute."""
        Token.objects.note_uses({self.pk: (clock.now(), address, agent)})

    @contextmanager
    def _changing(self, by, version=None, *, deleted=False):
        """Hold the account's lock, read the row afresh, write what the block set."""
        with limits.locked_account(self.account):
            self.refresh_unless_deleted(deleted=deleted)
            if version is not None and version != self.version:
                raise Stale(self.name)
            before = self._values()
            try:
                yield
            except RuleViolation:
                self.refresh_from_db()
                raise
            if self._values() != before:
                self.touch(by=by)

    def refresh_unless_deleted(self, *, deleted=False):
        """Read the row afresh; raises Gone when it was deleted (or restored)."""
        try:
            self.refresh_from_db()
        except Token.DoesNotExist:
            raise Gone(self.name) from None
        if (self.deleted_at is not None) != deleted:
            raise Gone(self.name)

    def touch(self, *, by):
        """Save the row as changed by somebody, one version on."""
        self.version += 1
        self.updated_at, self.updated_by = clock.now(), by.author
        # Uses are noted without the lock, so the table may know a later one.
        fields = {field.name for field in self._meta.concrete_fields}
        self.save(update_fields=fields - {"id", *USE_FIELDS})

    def _values(self):
        return [getattr(self, field.attname) for field in self._meta.concrete_fields]

    def _set_name(self, name):
        self.name = as_written(name)
        self.name_key = name_key(self.name)

    def _set_note(self, text):
        self.note = lines_as_written(text)
        self.note_key = folded(self.note)

    def _show(self, secret):
        self.public_id, self.masked = secret.public_id, secret.masked

    def record(self, action, by, **data):
        """Record an audit event about this token."""
        record(
            action,
            by=by,
            account=self.account,
            target=f"{self.name} ({self.masked})",
            token_id=self.pk,
            **data,
        )


def _iso(moment):
    return moment and moment.isoformat()
