"""Help by operator staff for a person who is locked out, or whose login leaked."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from accounts.audit.trail import record
from accounts.mail import send_password_reset
from accounts.models import Action


def start_password_reset(membership, *, by):
    """Mail the person a link to choose a new password; the old one works until then."""
    with transaction.atomic():
        send_password_reset(membership.user)
        _record(Action.PASSWORD_RESET_STARTED, membership, by)


def remove_second_factors(membership, *, by):
    """Let the person sign in with the password alone, to set up new factors."""
    with transaction.atomic():
        Authenticator.objects.filter(user=membership.user).delete()
        _record(Action.MFA_CHANGED, membership, by, what="removed by staff")


def end_sessions(membership, *, by):
    """Sign the person out of every browser."""
    with transaction.atomic():
        for session in UserSession.objects.filter(user=membership.user):
            session.end()
        _record(Action.SESSIONS_ENDED, membership, by)


def _record(action, membership, by, **data):
    record(
        action, by=by, account=membership.account, target=membership.user.email, **data
    )
