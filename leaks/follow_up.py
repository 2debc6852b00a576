"""What is done about a secret that was found: it is stopped or not, and admins are told.

Workers of all hosts take turns. What is done about a token and its note of that are one
transaction, so that a worker which dies over it leaves nothing done twice.
"""

from datetime import timedelta

from django.db import transaction

from accounts.audit.trail import Actor
from accounts.clock import clock
from accounts.locks import repeated
from accounts.models import Action
from leaks import mails
from leaks.models import Leak, Outcome, stops_at_once
from tokens.limits import locked_account, why_protected
from tokens.models import Token
from tokens.states import STOPPED

# One mail a day of a secret says enough, in however many places it is found.
QUIET_FOR = timedelta(days=1)


def carry_on():
    """Follow up all that was found, and tell of it, until nothing is left."""
    while leak := Leak.objects.take():
        follow_up(leak)
    while leak := Leak.objects.take_untold():
        tell(leak)


@repeated
def follow_up(leak):
    """Do about a leak what the policy of its organisation says."""
    by = Actor(label=leak.found_by, ip=leak.address, agent=leak.agent)
    token = Token.objects.select_related("account__organisation").get(pk=leak.token_id)
    with transaction.atomic(), locked_account(token.account):
        leak.refresh_from_db(from_queryset=Leak.objects.select_related("secret"))
        token.refresh_from_db(from_queryset=_with_account())
        if leak.outcome == Outcome.WAITING:
            outcome = _stop(token, leak, by)
            token.record(
                Action.TOKEN_LEAKED,
                by,
                found_at_place=leak.place,
                outcome=outcome.label,
            )
            _note(leak, outcome)


def _with_account():
    return Token.objects.select_related("account__organisation")


def _note(leak, outcome):
    leak.outcome, leak.free_at = outcome, clock.now()
    if outcome == Outcome.OVER:
        leak.told_at = clock.now()
    leak.save(update_fields=["outcome", "free_at", "told_at"])


def _stop(token, leak, by):
    """Stop a secret that works, where that is wanted; return the Outcome."""
    until = leak.secret.valid_until
    if token.state in STOPPED or (until and until <= clock.now()):
        return Outcome.OVER
    if token.account is None or not stops_at_once(token.organisation_id):
        return Outcome.TOLD
    if until:
        token.finish_rotation(by=by)
        return Outcome.ENDED
    return _stop_current(token, leak, by)


def _stop_current(token, leak, by):
    # Of these an account needs one at any time: a new secret stops the one that leaked.
    if why_protected(token):
        token.rotate(by=by)
        return Outcome.ROTATED
    token.disable(by=by, reason=_reason(leak))
    return Outcome.DISABLED


def _reason(leak):
    return f"Found by {leak.found_by}: {leak.place or 'it was not said where'}"[:200]


def tell(leak):
    """Tell the token's admins of a leak: mails and the note of them come together."""
    with transaction.atomic():
        lately = _was_told_lately(leak)
        mine = Leak.objects.filter(pk=leak.pk, told_at=None)
        if mine.update(told_at=clock.now()) and not lately:
            mails.send_leaked(leak)


def _was_told_lately(leak):
    same = Leak.objects.filter(secret=leak.secret_id, outcome=leak.outcome)
    return same.filter(told_at__gt=clock.now() - QUIET_FOR).exists()
