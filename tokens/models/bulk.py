from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.http import Http404
from django.utils import timezone

from accounts.deadline import request_deadline
from accounts.locks import repeated
from accounts.models import Account
from accounts.permissions import Forbidden, relations, require
from accounts.rule_violations import Gone, RuleViolation
from tokens.kinds import OVERLAPS
from tokens.models.tokens import Token
from tokens.permissions import operation

BATCH = 25
# What the page takes that shows how far it has come, and one more token.
SPARE_SECONDS = 0.9
MOST = 5000
KEPT = timedelta(days=30)


class BulkAction(models.TextChoices):
    DISABLE = "disable"
    ROTATE = "rotate"
    EXPIRY = "expiry"
    DELETE = "delete"
    ENABLE = "enable"
    RESTORE = "restore"
    HANDOVER = "handover", "Hand over"


class Outcome(models.TextChoices):
    WAITING = "waiting"
    DONE = "done"
    UNCHANGED = "unchanged", "As before"
    REFUSED = "refused", "Not changed"


BADGES = {
    Outcome.WAITING: "expiring",
    Outcome.DONE: "active",
    Outcome.UNCHANGED: "disabled",
    Outcome.REFUSED: "expired",
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
    # A deleted token does not change, so that there is no version to compare.
    BulkAction.RESTORE: lambda job, token, by, version: token.restore(by=by),
}
UNDOES = {
    BulkAction.DISABLE: BulkAction.ENABLE,
    BulkAction.DELETE: BulkAction.RESTORE,
}
# Whoever may make a token may bring one back, and who may name it says whose it is.
VERBS = {BulkAction.RESTORE: "create", BulkAction.HANDOVER: "rename"}


class BulkJobQuerySet(models.QuerySet):
    def forgettable(self):
        """Return what nobody comes back to: old previews, and jobs of last month."""
        now = timezone.now()
        unstarted = models.Q(started_at=None, created_at__lt=now - timedelta(days=1))
        return self.filter(unstarted | models.Q(created_at__lt=now - KEPT))


class BulkJob(models.Model):
    """One action on many tokens: prepared, looked over, then run batch by batch.

    It is kept in the database so that it goes on from where it was, whatever happens
    to the browser.
    """

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="bulk_jobs"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bulk_jobs"
    )
    action = models.CharField(max_length=8, choices=BulkAction)
    overlap = models.CharField(max_length=3, default="24h")
    expires_at = models.DateTimeField(null=True, blank=True)
    keeper = models.CharField(max_length=254, blank=True, default="", db_default="")
    # The filters of the list that the tokens were chosen in, to lead back there.
    query = models.CharField(max_length=2000, blank=True)
    undoes = models.OneToOneField(
        "self", null=True, on_delete=models.CASCADE, related_name="undone_by"
    )
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)

    objects = BulkJobQuerySet.as_manager()

    def __str__(self):
        return f"{self.action} of {self.account}'s tokens"

    @classmethod
    def prepare(cls, tokens, **fields):
        """Make a job of tokens as they are now; nothing happens to them yet."""
        with transaction.atomic():
            cls.objects.forgettable().delete()
            job = cls.objects.create(**fields)
            BulkItem.objects.bulk_create(
                [
                    BulkItem(job=job, token=token, version=token.version)
                    for token in tokens
                ],
                batch_size=1000,
            )
        return job

    def start(self, **how):
        """Let the batches run; `how` is what was chosen besides."""
        changed = BulkJob.objects.filter(pk=self.pk, started_at=None)
        changed.update(started_at=timezone.now(), **how)
        self.refresh_from_db()

    def undo(self):
        """Make and start the job that takes this one back; there is one at most."""
        with transaction.atomic():
            undoing, is_new = BulkJob.objects.get_or_create(
                undoes=self,
                defaults={
                    "account": self.account,
                    "user": self.user,
                    "action": UNDOES[self.action],
                    "query": self.query,
                    "started_at": timezone.now(),
                },
            )
            if is_new:
                done = self.items.filter(outcome=Outcome.DONE).order_by("pk")
                BulkItem.objects.bulk_create(
                    [
                        BulkItem(
                            job=undoing, token_id=each.token_id, version=each.version
                        )
                        for each in done
                    ],
                    batch_size=1000,
                )
        return undoing

    def run(self, *, by):
        """Do the next batch, or as much of it as there is time for."""
        waiting = self.items.filter(outcome=Outcome.WAITING).order_by("pk")
        for item in list(waiting.select_related("job")[:BATCH]):
            item.run(by=by)
            if request_deadline.seconds_left < SPARE_SECONDS:
                break

    @property
    def is_finished(self):
        return self.started_at is not None and not self.tally[Outcome.WAITING]

    @property
    def tally(self):
        """Count the tokens by outcome."""
        counted = self.items.values_list("outcome").annotate(models.Count("pk"))
        return dict.fromkeys(Outcome, 0) | dict(counted)


class BulkItem(models.Model):
    """The outcome for one token in a job; `version` is the one that was looked at."""

    job = models.ForeignKey(BulkJob, on_delete=models.CASCADE, related_name="items")
    token = models.ForeignKey(
        Token, on_delete=models.CASCADE, related_name="bulk_items"
    )
    version = models.PositiveIntegerField()
    outcome = models.CharField(
        max_length=9, choices=Outcome, default=Outcome.WAITING, db_index=False
    )
    reason = models.CharField(max_length=300, blank=True)

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

    @repeated
    def run(self, *, by):
        """Do the job to this token, once, whoever else runs the same job."""
        with transaction.atomic():
            mine = BulkItem.objects.filter(pk=self.pk, outcome=Outcome.WAITING)
            if not mine.update(outcome=Outcome.DONE):
                return
            try:
                self.outcome = self._act(by)
            except RuleViolation as refusal:
                self.outcome, self.reason = Outcome.REFUSED, refusal.message[:300]
            self.save(update_fields=["outcome", "reason", "version"])

    def _act(self, by):
        rows = Token.objects.select_related("account__organisation")
        token = rows.get(pk=self.token_id)
        self._check_permission(token, by.user)
        before = token.version
        with transaction.atomic():
            ACTS[self.job.action](self.job, token, by=by, version=self.version)
        self.version = token.version
        return Outcome.UNCHANGED if token.version == before else Outcome.DONE

    def _check_permission(self, token, user):
        asked = operation(token.kind, VERBS.get(self.job.action, self.job.action))
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
