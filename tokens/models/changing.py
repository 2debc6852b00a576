"""How a token changes: under its account's lock, one version on, and with an event."""

from contextlib import contextmanager

from accounts.audit.trail import record
from accounts.clock import clock
from accounts.rule_violations import Gone, RuleViolation, Stale
from tokens import limits
from tokens.models.querysets import USE_FIELDS


class Changing:
    """The ways in which a Token is written; what it becomes is up to others."""

    @contextmanager
    def _changing(self, by, version=None, *, deleted=False):
        """Hold the account's lock, read the row afresh, write what the block set."""
        with limits.locked_account(self.account):
            self.refresh_unless_deleted(deleted=deleted)
            if version is not None and version != self.version:
                raise Stale(self.name)
            before = self._values()
            try:
                yield
            except RuleViolation:
                self.refresh_from_db()
                raise
            if self._values() != before:
                self.touch(by=by)

    def refresh_unless_deleted(self, *, deleted=False):
        """Read the row afresh; raises Gone when it was deleted (or restored)."""
        try:
            self.refresh_from_db()
        except type(self).DoesNotExist:
            raise Gone(self.name) from None
        if (self.deleted_at is not None) != deleted:
            raise Gone(self.name)

    def touch(self, *, by):
        """Save the row as changed by somebody, one version on."""
        self.version += 1
        self.updated_at, self.updated_by = clock.now(), by.author
        # Uses are noted without the lock, so the table may know a later one.
        fields = {field.name for field in self._meta.concrete_fields}
        self.save(update_fields=fields - {"id", *USE_FIELDS})

    def _values(self):
        return [getattr(self, field.attname) for field in self._meta.concrete_fields]

    def record(self, action, by, **data):
        """Record an audit event about this token."""
        record(
            action,
            by=by,
            account=self.account,
            target=f"{self.name} ({self.masked})",
            token_id=self.pk,
            **data,
        )
