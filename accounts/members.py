"""Who belongs to an account: invite, change role, suspend, remove.

An account that has an active admin never loses its last one.
"""

from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit.changes import changes_between
from accounts.audit.trail import record_of
from accounts.invitations import mail_to
from accounts.lifecycle import found_organisation
from accounts.locks import locked, repeated
from accounts.models import Action, Membership, Role, User
from accounts.names import check_seen
from accounts.rate_limits.mail_limits import is_operator
from accounts.rule_violations import Gone, RuleViolation


@repeated
def add_member(account, *, email, role, by, full_name="", tell=True, joined=False):
    """Invite a person and mail them, unless they are not to be told.

    They have no right until they accept. Who has `joined` is a member at once, as is who
    accepted another account of the organisation. Raises RuleViolation for somebody who is
    invited or a member already, and to operators for one of them.
    """
    check_seen(email=email, full_name=full_name)
    with locked(account):
        person = _person(email)
        _check_new(account, person, by)
        times = _times_elsewhere(account, person)
        if joined:
            times.setdefault("accepted_at", timezone.now())
        membership = Membership.objects.create(
            account=account,
            user=person,
            role=role,
            full_name=full_name,
            username=email.strip(),
            **times,
        )
        _record_added(membership, by, mailed=tell)
        if tell:
            mail_to(membership, by=by)
    return membership


def _record_added(membership, by, *, mailed):
    told = {"mailed": True} if mailed else {}
    changes = [["role", None, membership.role]]
    record_of(membership, Action.USER_ADDED, by=by, changes=changes, **told)


@repeated
def found_with_admin(*, name, email, by, full_name="", **fields):
    """Create an organisation with its first admin and return its main account."""
    with transaction.atomic():
        main = found_organisation(name=name, by=by, **fields)
        add_member(main, email=email, full_name=full_name, role=Role.ADMIN, by=by)
    return main


def _person(email):
    known = User.objects.filter(email__iexact=email.strip())
    person = known.first()
    if person:
        return person
    try:
        with transaction.atomic():
            return User.objects.create_user(email)
    except IntegrityError:
        # Another account's admin added the same person at this moment.
        return known.get()


def _times_elsewhere(account, person):
    """Return when a person accepted and came to the account's organisation, if so."""
    here = person.memberships.filter(account__organisation=account.organisation_id)
    times = here.accepted().values("accepted_at", "entered_at")
    return times.order_by("accepted_at").first() or {}


def invite_again(membership, *, by):
    """Mail the invitation once more, with a new end; earlier mails work as long."""
    if membership.accepted_at:
        raise RuleViolation("has_come", f"{membership.name} has accepted already.")
    what = "invitation sent again"
    with transaction.atomic():
        record_of(membership, Action.USER_UPDATED, by=by, what=what, mailed=True)
        mail_to(membership, by=by)


def _check_new(account, person, by):
    # Only operators are told who the operators are; it gives these nothing.
    if person.is_staff and is_operator(by):
        raise RuleViolation(
            "is_staff", "Operator staff cannot be members of accounts.", field="email"
        )
    known = account.memberships.filter(user=person).first()
    if known:
        tie = "a member of" if known.accepted_at else "invited to"
        raise RuleViolation(
            "user_exists",
            f"{person.email} is {tie} {account.name} already.",
            field="email",
            username=person.email,
        )


@repeated
def change_role(membership, *, role, by):
    with _changing(membership):
        if membership.role == role:
            return
        if role != Role.ADMIN:
            _protect_last_admin(membership)
        old, membership.role = membership.role, role
        # What somebody here decided is no group's to change any more.
        membership.granted_by = membership.kept_at = None
        membership.save(update_fields=["role", "granted_by", "kept_at"])
        record_of(
            membership, Action.USER_ROLE_CHANGED, by=by, changes=[["role", old, role]]
        )


@repeated
def rename_person(membership, *, by, **names):
    """Change `full_name` or the spelling of `username` here; no other account reads it."""
    with _changing(membership):
        shown = {"full_name": membership.called, "username": membership.spelled}
        changes = changes_between(shown, names)
        if not changes:
            return
        check_seen(**names)
        for field, _, name in changes:
            setattr(membership, field, name)
        membership.save(update_fields=[field for field, *_ in changes])
        record_of(membership, Action.USER_UPDATED, by=by, changes=changes)


@repeated
def suspend_member(membership, *, by):
    with _changing(membership):
        if membership.suspended_at:
            return
        _protect_last_admin(membership)
        membership.suspended_at = timezone.now()
        membership.save(update_fields=["suspended_at"])
        record_of(membership, Action.USER_SUSPENDED, by=by)


@repeated
def unsuspend_member(membership, *, by):
    with _changing(membership):
        if membership.suspended_at is None:
            return
        membership.suspended_at = None
        membership.save(update_fields=["suspended_at"])
        record_of(membership, Action.USER_UNSUSPENDED, by=by)


@repeated
def remove_member(membership, *, by):
    """Take a person out of one account; the person stays in others."""
    with _changing(membership):
        _protect_last_admin(membership)
        withdrawn = {} if membership.accepted_at else {"what": "invitation withdrawn"}
        record_of(membership, Action.USER_REMOVED, by=by, **withdrawn)
        membership.delete()


@contextmanager
def _changing(membership):
    """Hold the account's lock with the membership as it is now; raises Gone."""
    name = membership.name
    with locked(membership.account):
        try:
            membership.refresh_from_db()
        except Membership.DoesNotExist:
            raise Gone(name) from None
        yield


def last_admin(account):
    """Return the id of the membership that must stay an active admin, or None."""
    admins = some_admins(account)
    return admins[0] if len(admins) == 1 else None


def some_admins(account):
    """Return the ids of two active admins' memberships, or of as many as there are."""
    return list(account.memberships.admins().values_list("pk", flat=True)[:2])


def is_needed(membership):
    """Whether an account would be left without an admin, or without anybody."""
    account = membership.account
    others = account.memberships.active().exclude(pk=membership.pk)
    return last_admin(account) == membership.pk or not others.exists()


def _protect_last_admin(membership):
    if last_admin(membership.account) == membership.pk:
        raise RuleViolation(
            "last_admin",
            f"{membership.name} is the last active admin of "
            f"{membership.account.name}. Make somebody else an admin first.",
        )
