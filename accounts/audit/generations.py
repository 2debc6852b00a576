"""How a change reaches those who remember what tokens may do.

A change writes a fresh random number into its organisation's slot, in its own
transaction. Whoever remembered something asks the slots, in one small query, whether it
may still be true: they must stand exactly where they stood. Unlike a sequence or a
time, such a number cannot be seen before the change, nor be passed by a change that
commits later. Unlike a counter it never comes again when a database goes back in time,
as it does when a replica that lags takes over or a backup is restored.
"""

import secrets

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts import direct
from accounts.models import Action, Generation

ORGANISATION_SLOTS = 255
# What a column of 64 bits with a sign holds.
BITS = 63
NUMBER = "SELECT number FROM accounts_generation WHERE slot = %s"
PUT = "UPDATE accounts_generation SET number = %s WHERE slot = %s"
# Changes that belong to no organisation: those of gateway tokens.
COMMON_SLOT = 0
# What is recorded without deciding anything about a token.
QUIET = frozenset(
    {
        # Nobody can have asked about a secret before it was made.
        Action.TOKEN_CREATED,
        Action.TOKEN_REVEALED,
        Action.TOKEN_LEAKED,
        Action.REFUSED_CALLS_DISMISSED,
        Action.CALENDAR_MADE,
        Action.CALENDAR_RENEWED,
        Action.CALENDAR_REVOKED,
        Action.WEBHOOK_ADDED,
        Action.WEBHOOK_CHANGED,
        Action.WEBHOOK_RENEWED,
        Action.WEBHOOK_REVEALED,
        Action.WEBHOOK_REMOVED,
        Action.REMINDED,
        Action.REMINDERS_ON,
        Action.REMINDERS_OFF,
        Action.USER_ADDED,
        Action.USER_ACCEPTED,
        Action.USER_DECLINED,
        Action.USER_KEPT,
        Action.GROUPS_CHANGED,
        Action.USER_UPDATED,
        Action.USER_ROLE_CHANGED,
        Action.USER_SUSPENDED,
        Action.USER_UNSUSPENDED,
        Action.USER_REMOVED,
        Action.PASSWORD_RESET_STARTED,
        Action.SESSIONS_ENDED,
        Action.LOGIN,
        Action.LOGIN_FAILED,
        Action.LOGOUT,
        Action.PASSWORD_CHANGED,
        Action.MFA_CHANGED,
        Action.AUDIT_EXPORTED,
        Action.TOKENS_EXPORTED,
        Action.GATEWAY_REFUSED,
    }
)


def is_quiet(action, organisation_id):
    """Whether an event decides nothing about what is remembered."""
    # Gateways are told from strangers, and are remembered as such.
    is_gateway = action == Action.TOKEN_CREATED and organisation_id is None
    return action in QUIET and not is_gateway


def slot_of(organisation_id):
    """Return the slot that an organisation's changes are noted in."""
    if organisation_id is None:
        return COMMON_SLOT
    return 1 + organisation_id % ORGANISATION_SLOTS


def note_change(organisation_id):
    """Note a change of an organisation, or of none, in the current transaction."""
    slot, fresh = slot_of(organisation_id), secrets.randbits(BITS)
    if not _put(slot, fresh):
        # Somebody else may make the row first; theirs is not this change's number.
        Generation.objects.get_or_create(slot=slot)
        _put(slot, fresh)


def _put(slot, number):
    return direct.change(PUT, [number, slot])


def number_in(slot):
    """Return the number that a slot stands at now."""
    found = direct.rows(NUMBER, [slot])
    return found[0][0] if found else 0


def with_generation(rows, organisation):
    """Add to each row its `slot`, and the number `generation` that this stands at.

    `organisation` is the path to the organisation's id. Row and number come from one
    statement: whatever changes the row later is seen by its slot.
    """
    slot = Coalesce(F(organisation) % ORGANISATION_SLOTS + 1, COMMON_SLOT)
    number = Generation.objects.filter(slot=OuterRef("slot")).values("number")
    return rows.annotate(slot=slot).annotate(generation=Coalesce(Subquery(number), 0))
