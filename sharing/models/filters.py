from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import models, transaction
from django.utils import timezone

from accounts.audit import record
from accounts.locks import locked, repeated
from accounts.models import Account, Action
from accounts.refusals import Gone, Stale
from sharing.scope import widens

# Text without control characters; the Logz.io API is stricter and checks for itself.
PRINTABLE = RegexValidator(
    r"\A[^\x00-\x1f\x7f-\x9f\u2028\u2029]+\Z", "Control characters are not allowed."
)
MAX_LENGTH = 512


class Filter(models.Model):
    """One `field: value`, matched exactly, for the shared tokens of an account."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="filters"
    )
    field = models.CharField(
        max_length=MAX_LENGTH, validators=[PRINTABLE, MaxLengthValidator(MAX_LENGTH)]
    )
    value = models.CharField(
        max_length=MAX_LENGTH, validators=[PRINTABLE, MaxLengthValidator(MAX_LENGTH)]
    )
    description = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=254)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["field", "value", "pk"]

    def __str__(self):
        return f"{self.field}: {self.value}"

    @property
    def clause(self):
        return self.field, self.value

    @classmethod
    @repeated
    def add(cls, *, account, field, value, by, description=""):
        with locked(account):
            made = cls.objects.create(
                account=account,
                field=field,
                value=value,
                description=description,
                created_by=by.label,
            )
            made._record(Action.FILTER_CREATED, by, description=description)
        return made

    @repeated
    def edit(self, *, by, version=None, **fields):
        """Change field, value or description; links that use it follow at once."""
        with locked(self.account):
            self._read_again(version)
            wider = self._shares_wider_with(fields)
            changes = [
                [name, getattr(self, name), value]
                for name, value in fields.items()
                if getattr(self, name) != value
            ]
            if not changes:
                return
            for name, value in fields.items():
                setattr(self, name, value)
            self.version += 1
            self.save(update_fields=[*fields, "version"])
            self._record(Action.FILTER_UPDATED, by, changes=changes)
            for share in wider:
                share.record_widened(by, because=f"filter {self} was changed")

    def _shares_wider_with(self, fields):
        clause = fields.get("field", self.field), fields.get("value", self.value)
        found = []
        for share in self._shares():
            kept = [f.clause for f in share.filters.all() if f.pk != self.pk]
            if widens(share.scope, share.scope_with([*kept, clause])):
                found.append(share)
        return found

    def shares_that_stop(self):
        """Return the shared tokens that deleting this filter pauses.

        Those would show more without it, whatever state they are in now.
        """
        return [share for share in self._shares() if share.widens_without(self)]

    def _shares(self):
        shares = self.shares.select_related("token__account__organisation")
        return shares.prefetch_related("filters").order_by("token__name", "pk")

    @repeated
    def delete_narrowing(self, *, by):
        """Delete the filter; a shared token that would show more is paused."""
        with transaction.atomic(), locked(self.account):
            self._read_again()
            reason = f"Its filter {self} was deleted"
            for share in self.shares_that_stop():
                share.pause_for(reason[:200], by=by)
            self._record(Action.FILTER_DELETED, by)
            self.delete()

    def _read_again(self, version=None):
        try:
            self.refresh_from_db()
        except Filter.DoesNotExist:
            raise Gone(str(self)) from None
        if version is not None and version != self.version:
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
