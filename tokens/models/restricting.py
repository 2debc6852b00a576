"""Networks, limits and scopes of a token, and how they are narrowed."""

from django.db import transaction

from accounts.locks import repeated
from accounts.models import Action
from tokens import least_privilege, limits
from tokens.networks import read_networks


class Restricting:
    """The part of a Token that is about networks, a limit, scopes and accounts."""

    def may_enter(self, account_pk):
        """Whether an account is among those that the token is kept to, if it is to any."""
        return not self.kept_to or f",{account_pk}," in self.kept_to

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
