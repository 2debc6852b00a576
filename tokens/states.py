"""The states of a token in one word each: of a row that is read, and as conditions."""

from django.db.models import Q, TextChoices

from accounts.clock import clock
from tokens.kinds import Kind


class State(TextChoices):
    ACTIVE = "active"
    ROTATING = "rotating"
    DISABLED = "disabled"
    PAUSED = "paused"
    EXPIRED = "expired"
    DELETED = "deleted"


# In these a token does not work, whatever its account is.
STOPPED = (State.DELETED, State.DISABLED, State.PAUSED, State.EXPIRED)
# What lists can be asked for; the deleted ones have a list of their own.
LISTED = tuple(state for state in State if state != State.DELETED)


def state_of(token):
    """Return the token's own State; its account may stop it besides."""
    if token.deleted_at:
        return State.DELETED
    if token.disabled_at:
        return State.PAUSED if token.kind == Kind.SHARED else State.DISABLED
    if token.is_expired:
        return State.EXPIRED
    return State.ROTATING if token.is_overlapping else State.ACTIVE


def unexpired():
    return Q(expires_at=None) | Q(expires_at__gt=clock.now())


def expired():
    return Q(expires_at__lte=clock.now())


DISABLED = Q(disabled_at__isnull=False)
# Of tokens that are not deleted; the active ones are those that rotate, too.
CONDITIONS = {
    State.ACTIVE: lambda: Q(disabled_at=None) & unexpired(),
    State.ROTATING: lambda: (
        Q(disabled_at=None, overlap_until__gt=clock.now()) & unexpired()
    ),
    State.DISABLED: lambda: DISABLED & ~Q(kind=Kind.SHARED),
    State.PAUSED: lambda: DISABLED & Q(kind=Kind.SHARED),
    State.EXPIRED: lambda: Q(disabled_at=None) & expired(),
}


def in_any(states):
    """Return the condition of the tokens that are in one of some states."""
    either = Q()
    for state in states:
        either |= CONDITIONS[state]()
    return either
