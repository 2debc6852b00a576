"""Help by operator staff for a person who is locked out, or whose login leaked."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from accounts.audit.trail import record
from accounts.mail import send_password_reset
from accounts.models import Action
from accounts.rule_violations import RuleViolation


def start_password_reset(membership, *, by):
    """Mail the person a link to choose a new password; the old one works until then."""
    _check_accepted(membership)
    with transaction.atomic():
        send_password_reset(membership.user)
        _record(Action.PASSWORD_RESET_STARTED, membership, by)


def remove_second_factors(membership, *, by):
    """Let the person sign in with the password alone, to set up new factors."""
    _check_accepted(membership)
    with transaction.atomic():
        Authenticator.objects.filter(user=membership.user).delete()
        _record(Action.MFA_CHANGED, membership, by, what="removed by staff")


def end_sessions(membership, *, by):
    """Sign the person out of every browser."""
    _check_accepted(membership)
    with transaction.atomic():
        for session in UserSession.objects.filter(user=membership.user):
            session.end()
        _record(Action.SESSIONS_ENDED, membership, by)


def _check_accepted(membership):
    # The organisation would read in its trail what is done about a stranger's login.
    if not membership.accepted_at:
        raise RuleViolation(
            "not_accepted",
            f"{membership.user.email} has not accepted the invitation yet: nothing can be "
            "done here about their login.",
        )


def _record(action, membership, by, **data):
    record(
        action, by=by, account=membership.account, target=membership.user.email, **data
    )
