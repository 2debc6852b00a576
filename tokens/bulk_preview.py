"""The dry run of a bulk job: what it will do, and to which tokens it cannot.

The model decides when the job runs; here the same reasons are found for thousands of
tokens in a handful of queries, and in the order in which the job goes through them.
"""

from functools import cached_property

from django.db.models import Count

from accounts.rule_violations import Gone, RuleViolation, Stale
from tokens import limits
from tokens.kinds import OVERLAPS, Kind
from tokens.least_privilege import check_networks
from tokens.models import Token
from tokens.models.bulk_items import BulkAction, ItemOutcome, not_yours
from tokens.models.policies import policies_of
from tokens.permissions import in_view
from tokens.policies import checks

UNCHANGED = "unchanged"
STOPPING = (BulkAction.DISABLE, BulkAction.EXPIRY, BulkAction.DELETE)


class Preview:
    """The tokens that a job will change, and (token, reason) for each other one.

    `left` has the other ones for the job: an item's id, its outcome and the reason.
    """

    def __init__(self, job):
        self.job = job
        self.changing, self.exceptions, self.left = [], [], []
        items = job.items.select_related("token__account__organisation")
        self.items = list(items.order_by("pk"))
        self.allowed = set(in_view(job.account, job.user).values_list("pk", flat=True))
        logs = {
            item.token.account_id for item in self.items if item.token.kind == Kind.LOGS
        }
        self.never_expiring = self._never_expiring(logs)
        self.enabled = self._enabled(logs)
        for item in self.items:
            self._sort(item)

    def _never_expiring(self, accounts):
        """Return the ids of the log tokens of which each account must keep one."""
        found = {account: set() for account in accounts}
        if self.job.action in STOPPING:
            tokens = Token.objects.of_kind(Kind.LOGS).never_expiring()
            rows = tokens.filter(account__in=accounts).values_list("account_id", "pk")
            for account, pk in rows:
                found[account].add(pk)
        return found

    def _enabled(self, accounts):
        """Return how many log tokens each account has enabled, where there is a limit."""
        if self.job.action != BulkAction.EXPIRY:
            return {}
        tokens = Token.objects.of_kind(Kind.LOGS).enabled().order_by()
        rows = tokens.filter(account__in=accounts).values_list("account_id")
        return dict.fromkeys(accounts, 0) | dict(rows.annotate(Count("pk")))

    def _sort(self, item):
        token = item.token
        try:
            self._check(item, token)
        except RuleViolation as refusal:
            is_same = refusal.code == UNCHANGED
            outcome = ItemOutcome.UNCHANGED if is_same else ItemOutcome.REFUSED
            self.exceptions.append((token, refusal.message))
            self.left.append((item.pk, outcome, refusal.message))
            return
        self.changing.append(token)
        if self._stops(token):
            self.never_expiring.get(token.account_id, set()).discard(token.pk)

    def _check(self, item, token):
        if token.deleted_at:
            raise Gone(token.name)
        if token.account_id not in self.allowed:
            raise not_yours(token)
        if token.version != item.version:
            raise Stale(token.name)
        CHECKS[self.job.action](self, token)

    def check_disable(self, token):
        if token.disabled_at:
            raise RuleViolation(UNCHANGED, "It is disabled already.")
        self.check_protected(token)

    def check_protected(self, token):
        limits.protect_last(token, is_last=self._is_last)

    def check_expiry(self, token):
        if token.expires_at == self.job.expires_at:
            raise RuleViolation(UNCHANGED, "It has this expiry already.")
        if self.job.expires_at and token.kind == Kind.LOGS:
            self.check_protected(token)
        limits.check_expiry(token, self.job.expires_at, is_last=self._is_last)
        if self.policies[token.kind].asks:
            policy = self.policies[token.kind]
            checks.check_expiry(token, self.job.expires_at, policy=policy)
        if token.kind == Kind.LOGS and token.is_expired and not token.disabled_at:
            self._take_room(token)

    def _take_room(self, token):
        """Count a token in that works again; raises RuleViolation where it is too many."""
        limits.check_room(token, enabled=self.enabled[token.account_id])
        self.enabled[token.account_id] += 1

    def check_handover(self, token):
        if token.kept_by == self.job.keeper:
            raise RuleViolation(UNCHANGED, "They answer for it already.")
        if self._stranger:
            raise self._stranger

    @cached_property
    def _stranger(self):
        """Return what stands against the chosen keeper, whichever token it is, or None."""
        try:
            limits.check_keeper(self.job.account, self.job.keeper)
        except RuleViolation as refusal:
            return refusal
        return None

    def check_restrict(self, token):
        after = self.job.kept_to(token)
        networks = " ".join(after["networks"])
        if (networks, after["calls_per_minute"]) == (
            token.networks,
            token.calls_per_minute,
        ):
            raise RuleViolation(UNCHANGED, "It is kept to that, or to less, already.")
        check_networks(networks, token.networks)

    def check_rotate(self, token):
        policy = self.policies[token.kind]
        checks.check_overlap(token, OVERLAPS[self.job.overlap], policy=policy)

    @cached_property
    def policies(self):
        """The policy of each kind in the organisation."""
        return policies_of(self.job.account.organisation_id)

    def _is_last(self, token):
        return self.never_expiring.get(token.account_id) == {token.pk}

    def _stops(self, token):
        return self.job.action != BulkAction.EXPIRY or self.job.expires_at


CHECKS = {
    BulkAction.DISABLE: Preview.check_disable,
    BulkAction.ROTATE: Preview.check_rotate,
    BulkAction.EXPIRY: Preview.check_expiry,
    BulkAction.DELETE: Preview.check_protected,
    BulkAction.HANDOVER: Preview.check_handover,
    BulkAction.RESTRICT: Preview.check_restrict,
}
