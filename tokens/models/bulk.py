from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from accounts.audit.trail import MAX_AGENT, Actor
from accounts.models import Account
from accounts.models.turns import Turn, take_first
from tokens.models.bulk_items import BulkAction, BulkItem, ItemOutcome

MOST_IN_JOB = 5000
KEPT = timedelta(days=30)
# As long as somebody wants to know what became of what they pressed.
SHOWN_FOR = timedelta(hours=1)
JOB_STOPPED = "The job was stopped before its turn."
UNDOES = {
    BulkAction.DISABLE: BulkAction.ENABLE,
    BulkAction.DELETE: BulkAction.RESTORE,
}


class BulkJobQuerySet(models.QuerySet):
    def forgettable(self):
        """Return what nobody comes back to: old previews, and jobs of last month."""
        now = timezone.now()
        unstarted = models.Q(started_at=None, created_at__lt=now - timedelta(days=1))
        return self.filter(unstarted | models.Q(created_at__lt=now - KEPT))

    def recent(self, since):
        """Return jobs that run, or were started after a time; the newest first."""
        started = models.Q(started_at__gt=since)
        shown = self.filter(started | models.Q(free_at__isnull=False))
        return shown.order_by("-started_at", "-pk")

    def with_progress(self):
        """Add how many tokens are done, and how many wait."""
        return self.annotate(
            **{
                name: models.Count("items", filter=models.Q(items__outcome=outcome))
                for name, outcome in (
                    ("done", ItemOutcome.DONE),
                    ("waiting", ItemOutcome.WAITING),
                )
            }
        )

    def take(self, lease):
        """Return a job whose next tokens are the caller's for a while, or None."""
        return take_first(self.select_related("user"), timezone.now(), lease)


class BulkJob(Turn, models.Model):
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
    # What tokens are kept to, as a token has it; without one or the other it stays.
    networks = models.TextField(blank=True, default="", db_default="")
    calls_per_minute = models.PositiveIntegerField(null=True, blank=True)
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
            job._add((token.pk, token.version) for token in tokens)
        return job

    def _add(self, tokens):
        """Add an item for each id and version of a token."""
        items = [
            BulkItem(job=self, token_id=pk, version=version) for pk, version in tokens
        ]
        BulkItem.objects.bulk_create(items, batch_size=1000)

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
            done = list(self.items.filter(outcome=ItemOutcome.DONE).order_by("pk"))
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
                undoing._add((each.token_id, each.version) for each in done)
        return undoing

    def stop(self):
        """Leave what is not done yet as it is."""
        with transaction.atomic():
            BulkJob.objects.filter(pk=self.pk).update(free_at=None)
            self.items.waiting().update(outcome=ItemOutcome.REFUSED, reason=JOB_STOPPED)

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
        self.hold(None if is_over else timezone.now())

    def kept_to(self, token):
        """Return the networks and the limit of a token after the job.

        A limit that is lower already stays: nothing is widened.
        """
        limits = (token.calls_per_minute, self.calls_per_minute)
        return {
            "networks": (self.networks or token.networks).split(),
            "calls_per_minute": min(filter(None, limits), default=None),
        }

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
        return dict.fromkeys(ItemOutcome, 0) | dict(counted)
