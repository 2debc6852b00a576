"""Whether a token works: how it is stopped, and how it works again."""

from accounts.clock import clock
from accounts.locks import repeated
from accounts.models import Action
from accounts.names import check_seen
from tokens import limits, naming
from tokens.models.querysets import as_written
from tokens.policies import checks
from tokens.states import effective_state, state_of


class Lifecycle:
    """The part of a Token that is about its state."""

    @property
    def is_not_deleted(self):
        return self.deleted_at is None

    @property
    def is_expired(self):
        return self.expires_at is not None and self.expires_at <= clock.now()

    @property
    def state(self):
        return state_of(self)

    @property
    def effective_state(self):
        """The state together with the account and its plan."""
        return effective_state(self)

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
            check = naming.check_name if name else naming.check_name_is_free
            check(self)
            reason = "" if self.disabled_at else limits.why_not_enabled(self)
            if reason:
                self.disabled_at, self.disabled_reason = clock.now(), reason
            told = {"changes": changes} if changes else {}
            self.record(Action.TOKEN_RESTORED, by, **told)


def _iso(moment):
    return moment and moment.isoformat()
