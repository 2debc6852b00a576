"""The secrets of a token: handed out, replaced, and brought back."""

from datetime import timedelta

from accounts.clock import clock
from accounts.locks import repeated
from accounts.models import Action
from tokens import least_privilege
from tokens.models.secrets import StoredSecret
from tokens.policies import checks
from tokens.secrets import make


class Rotating:
    """The part of a Token that is about its secrets."""

    @property
    def is_overlapping(self):
        """Whether the secret before the last rotation still works."""
        return self.overlap_until is not None and self.overlap_until > clock.now()

    @repeated
    def reveal(self, *, by, **told):
        """Return the current Secret; the audit event is committed before it leaves."""
        secret = self.secrets.current().select_related("token").get().open()
        self.record(Action.TOKEN_REVEALED, by, **told)
        return secret

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
