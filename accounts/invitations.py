"""Invitations: memberships that their person has not accepted yet.

Such a one gives no right and no mail but its own, and the organisation learns nothing of
the person. Who belongs to one account of an organisation has accepted all of them.
"""

from contextlib import contextmanager
from datetime import timedelta

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils import timezone

from accounts.audit.trail import Actor, record_of
from accounts.locks import locked, repeated
from accounts.mail import send_added, send_invitation, send_welcome
from accounts.models import Action, Membership, RequiredSignIn
from accounts.names import quoted
from accounts.rate_limits.mail_limits import check_invitations

OPEN_FOR = timedelta(days=7)


class Keys(PasswordResetTokenGenerator):
    """Keys of mails to people without a login, each for one invitation."""

    key_salt = "tollgate.invitation"

    def _make_hash_value(self, membership, timestamp):
        person = super()._make_hash_value(membership.user, timestamp)
        return f"{membership.pk} {person}"


keys = Keys()


def is_new(person):
    """Whether somebody has no login yet: no password, and no provider's either."""
    if RequiredSignIn.objects.of_address(person.email).exists():
        # Their organisation's provider makes them one.
        return False
    return person.last_login is None and not person.has_usable_password()


def mail_to(membership, *, by):
    """Mail a member that they were added, or what they are invited to.

    Belongs after its event and in the same transaction; raises RuleViolation when the
    organisation mails too many.
    """
    check_invitations(membership, by=by)
    membership.invited_by = inviter(by)[:254]
    if membership.accepted_at:
        send_added(membership)
        return
    membership.invited_until = timezone.now() + OPEN_FOR
    membership.save(update_fields=["invited_by", "invited_until"])
    if is_new(membership.user):
        send_welcome(membership, keys.make_token(membership))
    else:
        send_invitation(membership)


def inviter(by):
    """Return who is said to have invited somebody: an e-mail, or the name of a token."""
    return by.label if by.token_id is None else quoted(by.label)


def by_key(pk, key):
    """Return the open invitation that the key of a mail is for, or None."""
    found = Membership.objects.open_invitations().select_related(
        "user", "account__organisation"
    )
    membership = found.filter(pk=pk).first()
    if membership is None or not is_new(membership.user):
        return None
    return membership if keys.check_token(membership, key) else None


@repeated
def accept(person, organisation, *, by):
    """Let the rights begin that somebody is invited to in an organisation.

    For whoever said yes, or signed in by the organisation's own provider. Returns the
    memberships, of which there are none when the invitation was withdrawn or has ended.
    """
    with _open(person, organisation) as found:
        for membership in found:
            membership.accepted_at = timezone.now()
            membership.save(update_fields=["accepted_at"])
            record_of(membership, Action.USER_ACCEPTED, by=by)
        if found:
            here = person.memberships.filter(account__organisation=organisation)
            here.come_in()
    return found


@repeated
def decline(person, organisation):
    """Take an organisation's invitations away; that is all that it is told."""
    with _open(person, organisation) as found:
        for membership in found:
            record_of(membership, Action.USER_DECLINED, by=Actor(person.email))
            membership.delete()
    return found


@contextmanager
def _open(person, organisation):
    """Hold the locks of the accounts that somebody is invited to just now."""
    found = Membership.objects.open_invitations().filter(
        user=person, account__organisation=organisation
    )
    rows = found.select_related("user", "account").order_by("pk")
    with locked(*(membership.account for membership in rows)):
        yield list(rows.all())
