"""Who belongs to an account: add, change role, suspend, remove.

An account that has an active admin never loses its last one.
"""

from functools import partial

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.locks import locked, repeated
from accounts.mail import send_added, send_invitation
from accounts.models import Action, Membership, Role, User
from accounts.refusals import Refused


@repeated
def add_member(account, *, email, role, by, full_name=""):
    """Make a person a member and mail them; a new person gets a link to set a password.

    Raises Refused for somebody who is a member already, or operator staff.
    """
    with locked(account):
        person = User.objects.filter(email__iexact=email.strip()).first()
        invited = person is None
        if invited:
            person = User.objects.create_user(email, full_name=full_name)
        _check_new(account, person)
        membership = Membership.objects.create(account=account, user=person, role=role)
        _record(Action.USER_ADDED, membership, by, changes=[["role", None, role]])
        send = send_invitation if invited else send_added
        transaction.on_commit(partial(send, membership, by.label), robust=True)
    return membership


def _check_new(account, person):
    if person.is_staff:
        raise Refused(
            "is_staff", "Operator staff cannot be members of accounts.", field="email"
        )
    if account.memberships.filter(user=person).exists():
        raise Refused(
            "user_exists",
            f"{person.email} is a member of {account.name} already.",
            field="email",
        )


@repeated
def change_role(membership, *, role, by):
    with locked(membership.account):
        membership.refresh_from_db()
        if membership.role == role:
            return
        if role != Role.ADMIN:
            _protect_last_admin(membership)
        old, membership.role = membership.role, role
        membership.save(update_fields=["role"])
        _record(Action.USER_ROLE_CHANGED, membership, by, changes=[["role", old, role]])


@repeated
def suspend_member(membership, *, by):
    with locked(membership.account):
        membership.refresh_from_db()
        if membership.suspended_at:
            return
        _protect_last_admin(membership)
        membership.suspended_at = timezone.now()
        membership.save(update_fields=["suspended_at"])
        _record(Action.USER_SUSPENDED, membership, by)


@repeated
def unsuspend_member(membership, *, by):
    with locked(membership.account):
        membership.refresh_from_db()
        if membership.suspended_at is None:
            return
        membership.suspended_at = None
        membership.save(update_fields=["suspended_at"])
        _record(Action.USER_UNSUSPENDED, membership, by)


@repeated
def remove_member(membership, *, by):
    """Take a person out of one account; the person stays in others."""
    with locked(membership.account):
        membership.refresh_from_db()
        _protect_last_admin(membership)
        _record(Action.USER_REMOVED, membership, by)
        membership.delete()


def _protect_last_admin(membership):
    admins = membership.account.memberships.admins()
    if admins.filter(pk=membership.pk).exists() and admins.count() == 1:
        raise Refused(
            "last_admin",
            f"{membership.user.name} is the last active admin of "
            f"{membership.account.name}. Make somebody else an admin first.",
        )


def _record(action, membership, by, **data):
    record(
        action,
        by=by,
        account=membership.account,
        target=membership.user.email,
        user_id=membership.user_id,
        **data,
    )
