import logging

from django.db import DatabaseError, models, transaction
from django.http import Http404

from accounts.locks import repeated
from accounts.permissions import Forbidden, require
from accounts.relations import relations
from accounts.rule_violations import Gone, RuleViolation, Unavailable
from tokens.kinds import OVERLAPS
from tokens.models.tokens import Token
from tokens.permissions import operation

BROKEN = "Something broke on our side. The operator finds in the log what."


class BulkAction(models.TextChoices):
    DISABLE = "disable"
    ROTATE = "rotate"
    EXPIRY = "expiry"
    DELETE = "delete"
    ENABLE = "enable"
    RESTORE = "restore"
    HANDOVER = "handover", "Hand over"
    RESTRICT = "restrict"


class ItemOutcome(models.TextChoices):
    WAITING = "waiting"
    DONE = "done"
    UNCHANGED = "unchanged", "As before"
    REFUSED = "refused", "Not changed"


BADGES = {
    ItemOutcome.WAITING: "expiring",
    ItemOutcome.DONE: "active",
    ItemOutcome.UNCHANGED: "disabled",
    ItemOutcome.REFUSED: "expired",
}
ACTS = {
    BulkAction.DISABLE: lambda job, token, **how: token.disable(**how),
    BulkAction.ROTATE: lambda job, token, **how: token.rotate(
        overlap=OVERLAPS[job.overlap], **how
    ),
    BulkAction.EXPIRY: lambda job, token, **how: token.set_expiry(
        job.expires_at, **how
    ),
    BulkAction.DELETE: lambda job, token, **how: token.delete_softly(**how),
    BulkAction.ENABLE: lambda job, token, **how: token.enable(**how),
    BulkAction.HANDOVER: lambda job, token, **how: token.hand_over(job.keeper, **how),
    BulkAction.RESTRICT: lambda job, token, **how: token.limit_use(
        **job.kept_to(token), **how
    ),
    # A deleted token does not change, so that there is no version to compare.
    BulkAction.RESTORE: lambda job, token, by, version: token.restore(by=by),
}
# Whoever may make a token may bring one back, and who may name it says whose it is.
VERBS = {BulkAction.RESTORE: "create", BulkAction.HANDOVER: "rename"}

logger = logging.getLogger(__name__)


class BulkItemQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(outcome=ItemOutcome.WAITING)


class BulkItem(models.Model):
    """The outcome for one token in a job; `version` is the one that was looked at."""

    job = models.ForeignKey(
        "tokens.BulkJob", on_delete=models.CASCADE, related_name="items"
    )
    token = models.ForeignKey(
        Token, on_delete=models.CASCADE, related_name="bulk_items"
    )
    version = models.PositiveIntegerField()
    outcome = models.CharField(
        max_length=9, choices=ItemOutcome, default=ItemOutcome.WAITING, db_index=False
    )
    reason = models.CharField(max_length=300, blank=True)

    objects = BulkItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("job", "token", name="bulk_item_once_per_job")
        ]
        indexes = [models.Index(fields=["job", "outcome", "id"], name="bulk_item_next")]

    def __str__(self):
        return f"{self.token}: {self.outcome}"

    @property
    def badge(self):
        """The state of the badge component that says how it went."""
        return BADGES[self.outcome]

    def run_or_give_up(self, *, by):
        """Do the job to this token; what breaks every time must not hold up the others.

        Raises what passes: Unavailable, or DatabaseError.
        """
        try:
            self.run(by=by)
        except (Unavailable, DatabaseError):
            raise
        except Exception:
            logger.exception("A token could not be changed together with others")
            mine = BulkItem.objects.waiting().filter(pk=self.pk)
            mine.update(outcome=ItemOutcome.REFUSED, reason=BROKEN)

    @repeated
    def run(self, *, by):
        """Do the job to this token, once, whoever else runs the same job."""
        with transaction.atomic():
            mine = BulkItem.objects.waiting().filter(pk=self.pk)
            if not mine.update(outcome=ItemOutcome.DONE):
                return
            try:
                self.outcome = self._act(by)
            except RuleViolation as refusal:
                self.outcome, self.reason = ItemOutcome.REFUSED, refusal.message[:300]
            self.save(update_fields=["outcome", "reason", "version"])

    def _act(self, by):
        rows = Token.objects.select_related("account__organisation")
        token = rows.get(pk=self.token_id)
        self._check_permission(token, by.user)
        before = token.version
        with transaction.atomic():
            ACTS[self.job.action](self.job, token, by=by, version=self.version)
        self.version = token.version
        return ItemOutcome.UNCHANGED if token.version == before else ItemOutcome.DONE

    def _check_permission(self, token, user):
        asked = operation(token.kind, VERBS.get(self.job.action, self.job.action))
        if not user.is_active:
            raise not_yours(token)
        try:
            require(relations(user, token.account), asked, token.account)
        except Http404:
            raise Gone(token.name) from None
        except Forbidden:
            raise not_yours(token) from None


def not_yours(token):
    return RuleViolation(
        "forbidden", f"You may not change the tokens of {token.account}."
    )
