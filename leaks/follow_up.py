"""Actions on a secret that was found: it is stopped or not, and admins are told.

Workers of all hosts take turns. What is done about a token, the note of that and the
mails about it are one transaction: a worker that dies over it leaves nothing done twice.
"""

from datetime import timedelta

from accounts.audit.trail import Actor
from accounts.clock import clock
from accounts.locks import repeated
from accounts.models import Action
from leaks import mails
from leaks.models import Leak, ReportOutcome, stops_at_once
from tokens.limits import locked_account, why_protected
from tokens.models import Token
from tokens.states import STOPPED_STATES

# One mail a day of a secret says enough, in however many places it is found.
QUIET_FOR = timedelta(days=1)


def carry_on():
    """Follow up all that was found, until nothing is left."""
    while leak := Leak.objects.take():
        follow_up(leak)


@repeated
def follow_up(leak):
    """Do about a leak what the policy of its organisation says, and tell of it."""
    by = Actor(label=leak.found_by, ip=leak.address, agent=leak.agent)
    token = _with_account().get(pk=leak.token_id)
    with locked_account(token.account):
        leak.refresh_from_db(from_queryset=Leak.objects.select_related("secret"))
        token.refresh_from_db(from_queryset=_with_account())
        # Another worker may have done it when this one's lease was over.
        if leak.outcome == ReportOutcome.WAITING:
            _follow_up(token, leak, by)


def _with_account():
    return Token.objects.select_related("account__organisation")


def _follow_up(token, leak, by):
    leak.outcome = _stop(token, leak, by)
    token.record(
        Action.TOKEN_LEAKED,
        by,
        found_at_place=leak.place,
        outcome=leak.get_outcome_display(),
    )
    if leak.outcome != ReportOutcome.OVER and not _was_told_lately(leak):
        leak.told_at = clock.now()
        mails.send_leaked(token, leak)
    leak.save(update_fields=["outcome", "told_at"])


def _stop(token, leak, by):
    """Stop a secret that works, where that is wanted; return the Outcome."""
    until = leak.secret.valid_until
    if token.state in STOPPED_STATES or (until and until <= clock.now()):
        return ReportOutcome.OVER
    if token.account is None or not stops_at_once(token.organisation_id):
        return ReportOutcome.TOLD
    if until:
        token.finish_rotation(by=by)
        return ReportOutcome.ENDED
    return _stop_current(token, leak, by)


def _stop_current(token, leak, by):
    # Of these an account needs one at any time: a new secret stops the one that leaked.
    if why_protected(token):
        token.rotate(by=by, leaked=True)
        return ReportOutcome.ROTATED
    token.disable(by=by, reason=_reason(leak))
    return ReportOutcome.DISABLED


def _reason(leak):
    return f"Found by {leak.found_by}: {leak.place or 'it was not said where'}"[:200]


def _was_told_lately(leak):
    same = Leak.objects.filter(secret=leak.secret_id, outcome=leak.outcome)
    return same.filter(told_at__gt=clock.now() - QUIET_FOR).exists()
