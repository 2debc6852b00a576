"""Tokens that do not work and are used all the same, and who uses them.

The rows point at tokens without a constraint of the database: a flush must neither fail
nor be held up when a token is purged at that moment. What is left behind then is never
shown, since every page comes through the tokens, and goes with the next purge.
"""

from datetime import timedelta
from itertools import batched, chain

from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef, Q, Window
from django.db.models.functions import RowNumber

from accounts.clock import clock
from accounts.models import Account, Action
from tokens.models import StoredSecret, Token

KEPT = timedelta(days=30)
RECENT = timedelta(days=7)
# Nine variables each, of which the smallest SQLite in use takes 32,766.
ROWS_AT_ONCE = 500
# The row of all callers that are too many to have one each.
OTHER_CALLERS = "*"


class Reason(models.TextChoices):
    DELETED = "deleted", "Deleted"
    DISABLED = "disabled", "Disabled"
    PAUSED = "paused", "Paused"
    EXPIRED = "expired", "Expired"
    ROTATED = "rotated", "Old secret"
    WRONG_KIND = "wrong_kind", "Wrong kind"
    ACCOUNT_STOPPED = "account_stopped", "Account stopped"
    NO_API_ON_PLAN = "no_api_on_plan", "Not in the plan"
    SHOWS_NOTHING = "shows_nothing", "Shows nothing"
    OTHER_NETWORK = "other_network", "Other network"
    TOO_MANY_CALLS = "too_many_calls", "Too many calls"
    OUT_OF_SCOPE = "out_of_scope", "Out of scope"
    KEPT_ELSEWHERE = "kept_elsewhere", "Kept to other accounts"


def reasons():
    """Name the reasons when asked: a new one is then no change of the tables."""
    return Reason.choices


OF_THE_TOKEN = (Reason.DELETED, Reason.DISABLED, Reason.PAUSED, Reason.EXPIRED)


def _mended():
    now = clock.now()
    unexpired = Q(token__expires_at=None) | Q(token__expires_at__gt=now)
    works = unexpired & Q(token__deleted_at=None, token__disabled_at=None)
    valid = Q(secret__valid_until=None) | Q(secret__valid_until__gt=now)
    runs = Q(account__suspended_at=None, account__deleted_at=None)
    runs &= Q(account__organisation__suspended_at=None)
    return (
        Q(works, reason__in=OF_THE_TOKEN)
        | Q(valid, reason=Reason.ROTATED)
        | Q(runs, reason=Reason.ACCOUNT_STOPPED)
        | Q(token__networks="", reason=Reason.OTHER_NETWORK)
        | Q(token__calls_per_minute=None, reason=Reason.TOO_MANY_CALLS)
    )


class RefusedTokenQuerySet(models.QuerySet):
    def add_calls(self, rows):
        """Add (token, account, secret, reason, signal, now, now, calls).

        The rows stay locked until the transaction ends.
        """
        _upsert(ADD_TOKENS, rows)

    def with_mending(self):
        """Annotate whether what stood against the last use does so no longer."""
        mended = models.When(_mended(), then=True)
        return self.annotate(is_mended=models.Case(mended, default=False))

    def undismissed(self):
        return self.filter(dismissed_at=None)

    def dismissed(self):
        return self.exclude(dismissed_at=None)

    def of_organisation(self, organisation_id):
        return self.filter(account__organisation=organisation_id)

    def recent(self):
        return self.undismissed().filter(last_seen_at__gt=clock.now() - RECENT)

    def waiting(self):
        """Return what somebody should look at."""
        return self.recent().with_mending().filter(is_mended=False)

    def forgettable(self):
        """Return what nobody has used for long, or whose token is purged."""
        purged = ~Exists(Token.objects.filter(pk=OuterRef("pk")))
        return self.filter(Q(last_seen_at__lt=clock.now() - KEPT) | purged)


class RefusedToken(models.Model):
    """A token that was refused, over all who tried it."""

    token = models.OneToOneField(
        Token,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="refused",
        db_constraint=False,
    )
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="refused_tokens", db_index=False
    )
    # Those of the last use; each caller's are in its own row.
    secret = models.ForeignKey(
        StoredSecret, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    reason = models.CharField(max_length=15, choices=reasons)
    signal = models.CharField(max_length=13)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    calls = models.PositiveBigIntegerField()
    dismissed_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    hooked_at = models.DateTimeField(null=True, blank=True)

    objects = RefusedTokenQuerySet.as_manager()

    class Meta:
        # Hosts of before and after an update share the tables: their names stay.
        db_table = "gateway_deadtoken"
        indexes = [
            models.Index(fields=["account", "-last_seen_at"], name="dead_by_account"),
            models.Index(
                fields=["account", "last_seen_at"],
                condition=Q(dismissed_at=None),
                name="dead_undismissed",
            ),
        ]

    def __str__(self):
        return f"{self.token}: {self.get_reason_display()}"

    def dismiss(self, *, by):
        """Put it aside until somebody new turns up with the token."""
        with transaction.atomic():
            undismissed = RefusedToken.objects.undismissed().filter(pk=self.pk)
            if undismissed.update(dismissed_at=clock.now()):
                self.token.record(Action.REFUSED_CALLS_DISMISSED, by, calls=self.calls)


class RefusedCallQuerySet(models.QuerySet):
    def add_calls(self, rows):
        """Add (token, secret, reason, signal, address, agent, now, now, calls)."""
        _upsert(ADD_USES, rows)

    def latest(self, most):
        """Return the latest callers of each token, and how many it has in all."""
        each = {"partition_by": "refused_id"}
        named_first = models.Case(models.When(address=OTHER_CALLERS, then=1), default=0)
        order = [named_first, "-last_seen_at", "pk"]
        return (
            self.annotate(
                place=Window(RowNumber(), order_by=order, **each),
                of=Window(models.Count("pk"), **each),
            )
            .filter(place__lte=most)
            .order_by("refused_id", "place")
        )

    def forgettable(self):
        return self.filter(last_seen_at__lt=clock.now() - KEPT)


class RefusedCall(models.Model):
    """How often one caller was refused for one reason."""

    # PostgreSQL takes a number for every row that it tries to insert, also for those
    # that it then adds to.
    id = models.BigAutoField(primary_key=True)
    refused = models.ForeignKey(
        RefusedToken,
        on_delete=models.CASCADE,
        related_name="uses",
        db_column="dead_id",
        db_constraint=False,
        db_index=False,
    )
    secret = models.ForeignKey(
        StoredSecret,
        on_delete=models.CASCADE,
        related_name="refused_calls",
        db_constraint=False,
    )
    reason = models.CharField(max_length=15, choices=reasons)
    signal = models.CharField(max_length=13)
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=200, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    calls = models.PositiveBigIntegerField()

    objects = RefusedCallQuerySet.as_manager()

    class Meta:
        db_table = "gateway_deaduse"
        constraints = [
            models.UniqueConstraint(
                fields=["refused", "secret", "reason", "signal", "address", "agent"],
                name="dead_use_once_per_caller",
            )
        ]

    def __str__(self):
        return f"{self.calls} refused calls from {self.address}"


# Only an upsert that adds is exact with several writers; the ORM can merely replace.
ADD_TOKENS = """
INSERT INTO gateway_deadtoken
    (token_id, account_id, secret_id, reason, signal,
     first_seen_at, last_seen_at, calls)
VALUES {}
ON CONFLICT (token_id) DO UPDATE SET
    secret_id = excluded.secret_id,
    reason = excluded.reason,
    signal = excluded.signal,
    last_seen_at = excluded.last_seen_at,
    calls = gateway_deadtoken.calls + excluded.calls
"""
ADD_USES = """
INSERT INTO gateway_deaduse
    (dead_id, secret_id, reason, signal, address, agent,
     first_seen_at, last_seen_at, calls)
VALUES {}
ON CONFLICT (dead_id, secret_id, reason, signal, address, agent) DO UPDATE SET
    last_seen_at = excluded.last_seen_at,
    calls = gateway_deaduse.calls + excluded.calls
"""


def _upsert(statement, rows):
    with connection.cursor() as cursor:
        for some in batched(map(_adapted, rows), ROWS_AT_ONCE):
            places = ", ".join(["%s"] * len(some[0]))
            values = ", ".join([f"({places})"] * len(some))
            cursor.execute(statement.format(values), list(chain.from_iterable(some)))


def _adapted(row):
    *values, first, last, calls = row
    adapt = connection.ops.adapt_datetimefield_value
    return (*values, adapt(first), adapt(last), calls)
