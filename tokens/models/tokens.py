from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts.clock import clock
from accounts.locks import repeated
from accounts.models import Account, Action, Organisation
from accounts.prepared import insert, new
from accounts.scopes import TEXT_LENGTH
from tokens import least_privilege, limits, naming
from tokens.kinds import RULES, Kind
from tokens.models.changing import Changing
from tokens.models.lifecycle import Lifecycle
from tokens.models.querysets import (
    TokenQuerySet,
    as_written,
    folded,
    lines_as_written,
    name_key,
)
from tokens.models.restricting import Restricting
from tokens.models.rotating import Rotating
from tokens.models.schema import CONSTRAINTS, INDEXES
from tokens.models.secrets import StoredSecret
from tokens.networks import read_networks
from tokens.policies import checks
from tokens.secrets import make

# What an event says of a new token, where there is any.
TOLD = ("note", "networks", "calls_per_minute")


class Token(Changing, Restricting, Rotating, Lifecycle, models.Model):
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
        max_length=naming.MAX_NOTE, blank=True, default="", db_default=""
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
            token = new(
                cls,
                kind=kind,
                expires_at=expires_at,
                disabled_at=None if enabled else clock.now(),
                networks=read_networks(networks),
                calls_per_minute=calls_per_minute,
                scopes=scopes,
                kept_to=least_privilege.as_kept(accounts),
            )
            token.account = account
            token._set_name(name)
            token._set_note(note)
            token._show(fresh)
            token._begin(by)
            token._check_new(by_policies=not (secret or comes_with_account))
            insert(token)
            StoredSecret.keep(token, fresh, savepoint=secret is not None)
            token._record_new(by, moved_in=secret is not None)
        return token, fresh

    def _begin(self, by):
        self.organisation_id = self.account and self.account.organisation_id
        self.created_by = self.updated_by = by.author
        self.updated_at = self.created_at

    def _check_new(self, *, by_policies):
        limits.check_new(self)
        least_privilege.check_new(self)
        if by_policies:
            checks.check_new(self)

    def _record_new(self, by, *, moved_in):
        action = Action.TOKEN_IMPORTED if moved_in else Action.TOKEN_CREATED
        told = {name: getattr(self, name) for name in TOLD}
        told = {name: value for name, value in told.items() if value}
        told |= least_privilege.told(self)
        self.record(action, by, kind=self.kind, **told)

    @property
    def rule(self):
        return RULES[self.kind]

    @property
    def kept_by(self):
        """Who answers for the token, and may know its secret."""
        return self.keeper or self.created_by

    @property
    def note_headline(self):
        """The first line of the note."""
        return self.note.partition("\n")[0]

    @repeated
    def rename(self, name, *, by, version=None):
        with self._changing(by, version):
            limits.protect_single(self)
            old = self.name
            self._set_name(name)
            naming.check_name(self)
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
            naming.check_note(self)
            if self.note != old:
                checks.check_note(self)
                changes = [["note", old, self.note]]
                self.record(Action.TOKEN_NOTE_CHANGED, by, changes=changes)

    def note_use(self, address, agent):
        """Remember a use, at most once a minute."""
        Token.objects.note_uses({self.pk: (clock.now(), address, agent)})

    def _set_name(self, name):
        self.name = as_written(name)
        self.name_key = name_key(self.name)

    def _set_note(self, text):
        self.note = lines_as_written(text)
        self.note_key = folded(self.note)

    def _show(self, secret):
        self.public_id, self.masked = secret.public_id, secret.masked
