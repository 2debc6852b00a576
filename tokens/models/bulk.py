import logging
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, models, transaction
from django.http import Http404
from django.utils import timezone

from accounts.audit.trail import MAX_AGENT, Actor
from accounts.locks import repeated
from accounts.models import Account
from accounts.permissions import Forbidden, relations, require
from accounts.rule_violations import Gone, RuleViolation, Unavailable
from tokens.kinds import OVERLAPS
from tokens.models.tokens import Token
from tokens.permissions import operation

MOST = 5000
KEPT = timedelta(days=30)
# As long as somebody wants to know what became of what they pressed.
RECENTLY = timedelta(hours=1)
STOPPED = "The job was stopped before its turn."
BROKEN = "Something broke on our side. The operator finds in the log what."


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

logger = logging.getLogger(__name__)


class BulkJobQuerySet(models.QuerySet):
    def forgettable(self):
        """Return what nobody comes back to: old previews, and jobs of last month."""
        now = timezone.now()
        unstarted = models.Q(started_at=None, created_at__lt=now - timedelta(days=1))
        return self.filter(unstarted | models.Q(created_at__lt=now - KEPT))

    def recent(self):
        """Return jobs that run, or were started a short while ago; the newest first."""
        since = models.Q(started_at__gt=timezone.now() - RECENTLY)
        shown = self.filter(since | models.Q(free_at__isnull=False))
        return shown.order_by("-started_at", "-pk")

    def with_progress(self):
        """Add how many tokens are done, and how many wait."""
        return self.annotate(
            **{
                name: models.Count("items", filter=models.Q(items__outcome=outcome))
                for name, outcome in (
                    ("done", Outcome.DONE),
                    ("waiting", Outcome.WAITING),
                )
            }
        )

    def take(self, lease):
        """Return a job whose next tokens are the caller's for a while, or None.

        Workers race for `free_at`: whoever moves it on has the turn.
        """
        now = timezone.now()
        due = self.filter(free_at__lte=now).order_by("free_at", "pk")
        for job in due.select_related("user"):
            mine = self.filter(pk=job.pk, free_at=job.free_at)
            job.free_at = now + lease
            if mine.update(free_at=job.free_at):
                return job
        return None


class BulkJob(models.Model):
    """One action on many tokens: prepared, looked over, then run by tokens/bulk_worker.py.

    It is kept in the database so that it goes on from where it was, whatever happens
    to the browser or to a process.
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
    # From when a worker may take the next tokens; none before the start and after the end.
    free_at = models.DateTimeField(null=True, blank=True)
    # How many tokens it set out to change: those that were left out at the start are not.
    size = models.PositiveIntegerField(default=0, db_default=0)
    # From where it was started, for the audit trail.
    ip = models.GenericIPAddressField(null=True, blank=True)
    agent = models.CharField(
        max_length=MAX_AGENT, blank=True, default="", db_default=""
    )

    objects = BulkJobQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["free_at", "id"],
                condition=models.Q(free_at__isnull=False),
                name="bulk_job_due",
            )
        ]

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

    def start(self, *, by, size, left=(), **how):
        """Hand it to the workers, with what was chosen besides as `how`.

        `size` is how many tokens it is to change; each other one is `left`, an item's
        id with its outcome and reason. A job is started once.
        """
        now = timezone.now()
        with transaction.atomic():
            prepared = BulkJob.objects.filter(pk=self.pk, started_at=None)
            fields = {"started_at": now, "free_at": now, "size": size}
            if prepared.update(ip=by.ip, agent=by.agent, **fields, **how):
                self._leave(left)
        self.refresh_from_db()

    def _leave(self, left):
        alike = {}
        for pk, outcome, reason in left:
            alike.setdefault((outcome, reason[:300]), []).append(pk)
        for (outcome, reason), ids in alike.items():
            items = self.items.filter(pk__in=ids)
            items.update(outcome=outcome, reason=reason)

    def undo(self, *, by):
        """Make and start the job that takes this one back; there is one at most."""
        now = timezone.now()
        with transaction.atomic():
            done = list(self.items.filter(outcome=Outcome.DONE).order_by("pk"))
            undoing, is_new = BulkJob.objects.get_or_create(
                undoes=self,
                defaults={
                    "account": self.account,
                    "user": self.user,
                    "action": UNDOES[self.action],
                    "query": self.query,
                    "started_at": now,
                    "free_at": now,
                    "size": len(done),
                    "ip": by.ip,
                    "agent": by.agent,
                },
            )
            if is_new:
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

    def stop(self):
        """Leave what is not done yet as it is."""
        with transaction.atomic():
            BulkJob.objects.filter(pk=self.pk).update(free_at=None)
            self.items.waiting().update(outcome=Outcome.REFUSED, reason=STOPPED)

    def run(self, number):
        """Do the next tokens, as whoever has the turn that `take` gave."""
        try:
            for item in list(self.items.waiting().order_by("pk")[:number]):
                item.job = self
                item.run_or_give_up(by=self.actor)
        finally:
            self._pass_on()

    def _pass_on(self):
        """End the turn, and the job when nothing is left of it."""
        is_over = not self.items.waiting().exists()
        mine = BulkJob.objects.filter(pk=self.pk, free_at=self.free_at)
        mine.update(free_at=None if is_over else timezone.now())

    @property
    def actor(self):
        """Who started it, and from where."""
        return Actor(self.user.email, self.user, ip=self.ip, agent=self.agent)

    @property
    def is_finished(self):
        return self.started_at is not None and self.free_at is None

    @property
    def tally(self):
        """Count the tokens by outcome."""
        counted = self.items.values_list("outcome").annotate(models.Count("pk"))
        return dict.fromkeys(Outcome, 0) | dict(counted)


class BulkItemQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(outcome=Outcome.WAITING)


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
            mine.update(outcome=Outcome.REFUSED, reason=BROKEN)

    @repeated
    def run(self, *, by):
        """Do the job to this token, once, whoever else runs the same job."""
        with transaction.atomic():
            mine = BulkItem.objects.waiting().filter(pk=self.pk)
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
