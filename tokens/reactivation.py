"""Letting what was stopped work again for an hour: time to change who still uses it."""

from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction

from accounts.clock import clock
from accounts.locks import repeated
from accounts.models import Action
from accounts.rule_violations import RuleViolation
from tokens import limits
from tokens.permissions import why_stopped

FOR = timedelta(hours=1)


@repeated
def revive(token, *, by):
    """Let a deleted, disabled or expired token work for an hour from now.

    Each step is the one of its page, with its rules and its audit event.
    """
    with _holding(token):
        if not why_stopped(token).startswith("token_"):
            raise RuleViolation(
                "works_already", f"{token.name} is not stopped any more."
            )
        if token.deleted_at:
            token.restore(by=by)
        # First, since a policy may let nothing without an expiry be enabled.
        token.set_expiry(clock.now() + FOR, by=by)
        if token.disabled_at:
            token.enable(by=by)


@repeated
def revive_secret(token, secret, *, by):
    """Let a secret that was rotated away work for an hour from now."""
    with _holding(token):
        token.refresh_unless_deleted()
        now = clock.now()
        if not token.secrets.filter(pk=secret.pk, valid_until__lte=now).exists():
            raise RuleViolation("works_already", f"That secret of {token.name} works.")
        until = now + FOR
        token.secrets.filter(pk=secret.pk).update(valid_until=until)
        token.overlap_until = max(until, token.overlap_until or until)
        token.touch(by=by)
        token.record(Action.TOKEN_SECRET_REVIVED, by, works_until_at=until.isoformat())


@contextmanager
def _holding(token):
    """Hold the account's lock and look at the token afresh; all of it or nothing."""
    with transaction.atomic(), limits.locked_account(token.account):
        token.refresh_from_db()
        yield
