"""Roles in accounts from the groups of a provider, by a list that admins keep.

A membership that came from groups is told by its `granted_by`; what was given by hand is
never touched. Who is taken out of a group loses what it gave at the next sign-in or
refresh. An account keeps its last admin, and says so.
"""

from dataclasses import dataclass, field

from allauth.usersessions.models import UserSession
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.audit.trail import Actor, record_of
from accounts.invitations import accept
from accounts.locks import locked, repeated
from accounts.mail import link, send_to_admins
from accounts.members import last_admin
from accounts.models import (
    Account,
    Action,
    GroupRole,
    Membership,
    Organisation,
    Role,
    SeenGroups,
)
from accounts.models.groups import LONGEST_GROUP
from accounts.names import quoted

# Of a person that are kept, and that an organisation may give roles to.
MOST_GROUPS = 500
RANK = [None, Role.READ_ONLY, Role.USER, Role.ADMIN]


@dataclass
class Changes:
    """The ids of accounts where somebody gained or lost a right, or keeps the last one."""

    gained: list = field(default_factory=list)
    lost: list = field(default_factory=list)
    kept: list = field(default_factory=list)


@repeated
def apply_groups(provider, person, groups, *, keep=""):
    """Give and take what somebody's groups mean, as a provider just told of them.

    For each sign-in, before its session begins, and for each refresh. Who lost a right is
    signed out everywhere but in the session with the key `keep`. Returns Changes.
    """
    names = _names(groups)
    organisations = _organisations(provider, person)
    with locked(*_mains(organisations, provider, person)):
        rows = _rows(organisations, names)
        mapped = dict.fromkeys(row.group for row in rows)
        _remember(provider, person, [*(mapped | dict.fromkeys(names))][:MOST_GROUPS])
        wanted = _wanted(rows)
        held = {row.account_id: row for row in _granted(provider, person)}
        ids = wanted.keys() | held.keys() | _invited(person, wanted)
        with locked(*Account.objects.filter(pk__in=ids)):
            changes = _settle(provider, person, wanted, held)
            if changes.lost:
                end_sessions([person.pk], keep=keep)
    return changes


def _names(groups):
    texts = [each for each in groups if isinstance(each, str)]
    fitting = [each for each in texts if 0 < len(each) <= LONGEST_GROUP]
    return list(dict.fromkeys(fitting))


def _organisations(provider, person):
    """Return those that a provider speaks for: its own, else where the person belongs.

    An installation's provider must make nobody a member of an organisation that they
    have nothing to do with, whatever its admins call a group.
    """
    if person.is_staff:
        return Organisation.objects.none()
    if provider.organisation_id:
        return Organisation.objects.filter(pk=provider.organisation_id)
    here = Account.objects.filter(memberships__in=person.memberships.accepted())
    domain = person.email.rpartition("@")[2]
    return Organisation.objects.filter(
        Q(email_domains__domain=domain) | Q(pk__in=here.values("organisation"))
    ).distinct()


def _mains(organisations, provider, person):
    held = _granted(provider, person).values("account__organisation")
    within = Q(organisation__in=organisations) | Q(organisation__in=held)
    return Account.objects.filter(within, kind="main")


def _granted(provider, person):
    rows = person.memberships.filter(granted_by=provider)
    return rows.select_related("account", "user")


def _remember(provider, person, names):
    SeenGroups.objects.update_or_create(
        provider=provider,
        user=person,
        defaults={"groups": names, "seen_at": timezone.now()},
    )


def _rows(organisations, names):
    """Return what the lists say of some groups; these may be more than a query takes."""
    rows = GroupRole.objects.filter(
        account__organisation__in=organisations, account__deleted_at=None
    )
    here = set(names)
    return [row for row in rows if row.group in here]


def _wanted(rows):
    """Return the best role that groups give in each account, by its id."""
    found = {}
    for row in rows:
        if row.waits:
            continue
        found[row.account_id] = max(found.get(row.account_id), row.role, key=RANK.index)
    return found


def _invited(person, wanted):
    """Return the ids of accounts to which an invitation is accepted along with these."""
    homes = Account.objects.filter(pk__in=wanted).values("organisation")
    rows = Membership.objects.open_invitations().filter(user=person)
    return set(
        rows.filter(account__organisation__in=homes).values_list("account", flat=True)
    )


def _settle(provider, person, wanted, held):
    changes, by = Changes(), Actor(f"{provider.name} (groups)")
    for organisation in Organisation.objects.filter(accounts__in=wanted).distinct():
        accept(person, organisation, by=by)
    by_hand = {row.account_id for row in person.memberships.filter(account__in=wanted)}
    for pk, row in held.items():
        adjust(row, wanted.get(pk), by, changes)
    for pk in sorted(wanted.keys() - held.keys() - by_hand):
        _give(provider, person, pk, wanted[pk], by)
        changes.gained.append(pk)
    return changes


def _give(provider, person, account_id, role, by):
    now = timezone.now()
    membership = Membership.objects.create(
        account=Account.objects.get(pk=account_id),
        user=person,
        role=role,
        username=person.email,
        granted_by=provider,
        heard_at=now,
        accepted_at=now,
        entered_at=now,
    )
    record_of(membership, Action.USER_ADDED, by=by, changes=[["role", None, role]])


def adjust(membership, role, by, changes):
    """Let a membership be as the groups want it, unless somebody suspended it."""
    if membership.suspended_at:
        return
    if membership.role == role:
        _unkeep(membership)
    elif last_admin(membership.account) == membership.pk:
        _keep(membership, by)
        changes.kept.append(membership.account_id)
    elif role is None:
        record_of(
            membership, Action.USER_REMOVED, by=by, what="no group gives it any more"
        )
        membership.delete()
        changes.lost.append(membership.account_id)
    else:
        is_less = RANK.index(role) < RANK.index(membership.role)
        (changes.lost if is_less else changes.gained).append(membership.account_id)
        _change(membership, role, by)


def _change(membership, role, by):
    changes = [["role", membership.role, role]]
    membership.role, membership.kept_at = role, None
    membership.save(update_fields=["role", "kept_at"])
    record_of(membership, Action.USER_ROLE_CHANGED, by=by, changes=changes)


def _keep(membership, by):
    if membership.kept_at is None:
        membership.kept_at = timezone.now()
        membership.save(update_fields=["kept_at"])
        what = "no group gives it any more"
        record_of(membership, Action.USER_KEPT, by=by, what=what)
        _tell_of_kept(membership)


def _tell_of_kept(membership):
    account = membership.account
    send_to_admins(
        account.main,
        f"{membership.user.email} stays admin of {account.name}",
        "accounts/mail/kept.html",
        person=membership.user,
        kept_in=quoted(account.name),
        provider=membership.granted_by,
        users=link(reverse("accounts:user_list", args=[account.pk])),
    )


def _unkeep(membership):
    if membership.kept_at:
        membership.kept_at = None
        membership.save(update_fields=["kept_at"])


def end_sessions(people, *, keep=""):
    """Sign people out everywhere; return how many sessions that were."""
    found = UserSession.objects.filter(user__in=people).exclude(session_key=keep)
    sessions = list(found)
    for session in sessions:
        session.end()
    return len(sessions)
