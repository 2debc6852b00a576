from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from accounts.audit.changes import changes_of
from accounts.audit.trail import record
from accounts.locks import locked, read_again, repeated
from accounts.models import Account, Action
from accounts.names import check_no_secret, check_seen
from accounts.rule_violations import RuleViolation, Stale
from sharing.header_lengths import check_length
from sharing.scope import widens

# Text without control characters; the Logz.io API is stricter and checks for itself.
PRINTABLE = RegexValidator(
    r"\A[^\x00-\x1f\x7f-\x9f\u2028\u2029]+\Z", "Control characters are not allowed."
)
MAX_LENGTH = 512
# Field and value have to match what is in the logs, whatever that is.
SEEN_FIELDS = ("description",)
WRITTEN = ("field", "value", "description")


class FilterQuerySet(models.QuerySet):
    def with_uses(self):
        """Add `uses`, the number of shared tokens that are not deleted."""
        users = models.Q(shares__token__deleted_at=None)
        return self.annotate(uses=models.Count("shares", filter=users))


class Filter(models.Model):
    """One `field: value`, matched exactly, for the shared tokens of an account."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="filters"
    )
    field = models.CharField(max_length=MAX_LENGTH, validators=[PRINTABLE])
    value = models.CharField(max_length=MAX_LENGTH, validators=[PRINTABLE])
    description = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=254)
    version = models.PositiveIntegerField(default=1)

    objects = FilterQuerySet.as_manager()

    class Meta:
        ordering = ["field", "value", "pk"]

    def __str__(self):
        return f"{self.field}: {self.value}"

    @property
    def values(self):
        """The fields that a person writes."""
        return {name: getattr(self, name) for name in WRITTEN}

    @property
    def clause(self):
        return self.field, self.value

    @classmethod
    @repeated
    def add(cls, *, account, field, value, by, description=""):
        if not account.takes_logs:
            raise RuleViolation(
                "account_type_has_no_filters",
                f"A {account.get_kind_display()} account has no shared tokens to filter.",
            )
        check_seen(description=description)
        check_no_secret(field=field, value=value)
        with locked(account):
            made = cls.objects.create(
                account=account,
                field=field,
                value=value,
                description=description,
                created_by=by.author,
            )
            made._record(Action.FILTER_CREATED, by, description=description)
        return made

    @repeated
    def edit(self, *, by, version=None, named=None, **fields):
        """Change field, value or description; links that use it follow at once.

        `named` are the ids of the tokens that the person was told of; Stale when
        the change reaches another one.
        """
        with locked(self.account):
            read_again(self, version)
            changes = changes_of(self, fields)
            if not changes:
                return
            check_seen(**{name: new for name, _, new in changes if name in SEEN_FIELDS})
            check_no_secret(**{name: new for name, _, new in changes})
            self._check_named(self.used_by(), named)
            scopes = list(self._scopes_with(fields))
            self._check_length(scopes, fields)
            wider = [share for share, after in scopes if widens(share.scope, after)]
            self._write(fields)
            self._record(Action.FILTER_UPDATED, by, changes=changes)
            for share in wider:
                share.record_widened(by, because=f"filter {self} was changed")

    def _write(self, fields):
        for name, value in fields.items():
            setattr(self, name, value)
        self.version += 1
        self.save(update_fields=[*fields, "version"])

    def _check_length(self, scopes, fields):
        field = "value" if fields.get("field", self.field) == self.field else "field"
        for share, after in scopes:
            # Another description changes nothing of what was too long before.
            if after != share.scope:
                whose = f"The filters of {share.token.name}"
                check_length(after, whose, field=field)

    def _scopes_with(self, fields):
        """Yield the shares that use the filter, and what they show once it is changed."""
        clause = fields.get("field", self.field), fields.get("value", self.value)
        for share in self.used_by():
            yield share, share.scope_with([*share.clauses_without(self), clause])

    def used_by(self):
        """Return the shares that the filter is attached to, deleted ones too."""
        shares = self.shares.select_related("token__account__organisation")
        return shares.prefetch_related("filters").order_by("token__name_key", "pk")

    def shares_that_stop(self):
        """Return the shares that deleting this filter pauses.

        Those would show more without it, whatever state they are in now.
        """
        return [share for share in self.used_by() if share.widens_without(self)]

    @repeated
    def delete_narrowing(self, *, by, version=None, named=None):
        """Delete the filter; a shared token that would show more is paused.

        `named` is as for `edit`, about the tokens that are paused.
        """
        with locked(self.account):
            read_again(self, version)
            stopping = self.shares_that_stop()
            self._check_named(stopping, named)
            for share in stopping:
                share.lose(self, by=by)
            self._record(Action.FILTER_DELETED, by)
            self.delete()

    def _check_named(self, shares, named):
        if named is not None and {share.pk for share in shares} - set(named):
            raise Stale(str(self))

    def _record(self, action, by, **data):
        record(
            action,
            by=by,
            account=self.account,
            target=str(self),
            filter_id=self.pk,
            **data,
        )
