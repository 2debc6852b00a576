"""The states of a token in one word each: of a row that is read, and as conditions."""

from django.db.models import Q, TextChoices

from accounts.clock import clock
from accounts.models.accounts import running
from accounts.models.organisations import lacks_api_tokens
from tokens.kinds import Kind


class State(TextChoices):
    ACTIVE = "active"
    ROTATING = "rotating"
    DISABLED = "disabled"
    PAUSED = "paused"
    EXPIRED = "expired"
    SUSPENDED = "suspended", "Account suspended"
    STOPPED_BY_PLAN = "stopped_by_plan", "Stopped by the plan"
    DELETED = "deleted"


# In these a token does not work, whatever its account is.
STOPPED_STATES = (State.DELETED, State.DISABLED, State.PAUSED, State.EXPIRED)
# What lists can be asked for; the deleted ones have a list of their own.
LISTED_STATES = tuple(state for state in State if state != State.DELETED)
STATE_OUTSIDE = {
    "account_suspended": State.SUSPENDED,
    "account_deleted": State.SUSPENDED,
    "plan_has_no_api_tokens": State.STOPPED_BY_PLAN,
}


def state_of(token):
    """Return the token's own State; its account may stop it besides."""
    if token.deleted_at:
        return State.DELETED
    if token.disabled_at:
        return State.PAUSED if token.kind == Kind.SHARED else State.DISABLED
    if token.is_expired:
        return State.EXPIRED
    return State.ROTATING if token.is_overlapping else State.ACTIVE


def why_stopped_outside(token):
    """Return why the account or its plan stops a token right now, or an empty text."""
    account = token.account
    if account is None:
        return ""
    if not account.is_running:
        return f"account_{account.state}"
    if token.kind == Kind.API and not account.organisation.entitlement.api_tokens:
        return "plan_has_no_api_tokens"
    return ""


def effective_state(token):
    """Return the State of a token together with its account: whether it works."""
    own = state_of(token)
    if own in STOPPED_STATES:
        return own
    return STATE_OUTSIDE.get(why_stopped_outside(token), own)


def unexpired(now=None):
    return Q(expires_at=None) | Q(expires_at__gt=now or clock.now())


def expired(now=None):
    return Q(expires_at__lte=now or clock.now())


def enabled(now=None):
    """Return the condition that nothing about a token itself stops it."""
    return Q(disabled_at=None) & unexpired(now)


def restricted():
    """Return the condition that a token may do less than its kind and account allow."""
    kept = ~Q(networks="") | ~Q(scopes="") | ~Q(kept_to="")
    return kept | Q(calls_per_minute__isnull=False)


def _in_running():
    return running("account__")


def _not_in_plan(now=None):
    return Q(kind=Kind.API) & lacks_api_tokens("account__organisation__", now)


def working(now=None):
    """Return the condition that neither a token nor its account or plan stops it."""
    return enabled(now) & _in_running() & ~_not_in_plan(now)


DISABLED = Q(disabled_at__isnull=False)
# Of tokens that are not deleted; the active ones are those that rotate, too.
CONDITIONS = {
    State.ACTIVE: working,
    State.ROTATING: lambda: working() & Q(overlap_until__gt=clock.now()),
    State.DISABLED: lambda: DISABLED & ~Q(kind=Kind.SHARED),
    State.PAUSED: lambda: DISABLED & Q(kind=Kind.SHARED),
    State.EXPIRED: lambda: Q(disabled_at=None) & expired(),
    State.SUSPENDED: lambda: enabled() & ~_in_running(),
    State.STOPPED_BY_PLAN: lambda: enabled() & _in_running() & _not_in_plan(),
}


def in_any(states):
    """Return the condition of the tokens that are in one of some states."""
    either = Q()
    for state in states:
        either |= CONDITIONS[state]()
    return either
