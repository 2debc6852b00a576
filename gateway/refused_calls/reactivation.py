"""Ways to let a refused token work again."""

import enum

from accounts.clock import clock
from accounts.models.accounts import RESTORABLE_FOR
from accounts.permissions import allows
from gateway.models import Reason
from tokens import reactivation
from tokens.permissions import operation
from tokens.states import State


class Remedy(enum.Enum):
    """A way to let a token work again, with the verbs of what it does."""

    RESTORE = ("create", "expiry")
    ENABLE = ("enable", "expiry")
    EXTEND = ("expiry",)
    OLD_SECRET = ("rotate",)


BY_STATE = {
    State.DELETED: Remedy.RESTORE,
    State.DISABLED: Remedy.ENABLE,
    State.PAUSED: Remedy.ENABLE,
    State.EXPIRED: Remedy.EXTEND,
}


def remedy(refused):
    """Return what lets a refused token work again for an hour, or None."""
    token = refused.token
    if token.deleted_at and token.deleted_at <= clock.now() - RESTORABLE_FOR:
        return None
    if token.state in BY_STATE:
        return BY_STATE[token.state]
    rotated = refused.reason == Reason.ROTATED and not refused.is_mended
    return Remedy.OLD_SECRET if rotated else None


def may_apply(found, refused, relations):
    """Whether everything that a remedy does is allowed."""
    account = refused.token.account
    return all(allows(relations, each, account) for each in asked(found, refused))


def asked(found, refused):
    """Return the operations that a remedy consists of."""
    return [operation(refused.token.kind, verb) for verb in found.value]


def apply(found, refused, *, by):
    """Let the token, or the old secret that was used last, work for an hour."""
    if found is Remedy.OLD_SECRET:
        reactivation.revive_secret(refused.token, refused.secret, by=by)
    else:
        reactivation.revive(refused.token, by=by)
