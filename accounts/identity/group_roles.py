"""The list of groups and what they give in accounts: kept on a page, or by Logz.io's API.

What is taken off the list is taken from people at once, by the groups that their provider
told of last; what is new is given when they sign in, which they have to do again.
"""

from contextlib import contextmanager
from typing import NamedTuple

from django.db.models import Q

from accounts.audit.trail import record
from accounts.identity.groups import (
    MOST_GROUPS,
    RANK,
    Changes,
    adjust,
    end_sessions,
)
from accounts.locks import locked, read_again, repeated
from accounts.members import last_admin
from accounts.models import (
    Action,
    GroupRole,
    IdentityProvider,
    Membership,
    Role,
    SeenGroups,
)
from accounts.names import check_seen
from accounts.rule_violations import RuleViolation


def providers_of(organisation):
    """Return the providers whose groups may give something in an organisation."""
    own = Q(organisation=organisation) | Q(organisation=None)
    return IdentityProvider.objects.on().exclude(groups_claim="").filter(own)


@repeated
def replace(account, roles, *, by, is_token=False):
    """Let these be all groups of an account, with their roles.

    A group that a token makes admin waits for an admin's yes. Raises RuleViolation.
    """
    check_seen(**{f"group {number}": name for number, name in enumerate(roles)})
    with locked(account.main, account):
        rows = {row.group: row for row in account.group_roles.all()}
        changed = [name for name in rows if name not in roles]
        account.group_roles.filter(group__in=changed).delete()
        told = [_told(rows[name], None) for name in changed]
        for name, role in roles.items():
            row = rows.get(name)
            if row is None or row.role != role:
                waits = is_token and role == Role.ADMIN
                new = GroupRole(account=account, group=name, role=role, waits=waits)
                new.pk = row and row.pk
                new.save()
                changed.append(name)
                told.append(_told(row, new))
        _check_number(account)
        _settle(account, changed, told, by)


@repeated
def add(account, group, role, *, by):
    """Give a group a role in an account; raises RuleViolation when it has one."""
    check_seen(group=group)
    with locked(account.main, account):
        row = GroupRole(account=account, group=group, role=role)
        if account.group_roles.filter(group=group).exists():
            raise RuleViolation(
                "group_taken",
                f"{group} has a role in {account.name} already.",
                field="group",
            )
        row.save()
        _check_number(account)
        _settle(account, [group], [_told(None, row)], by)
    return row


@repeated
def remove(row, *, by):
    with _changing(row):
        row.delete()
        _settle(row.account, [row.group], [_told(row, None)], by)


@repeated
def confirm(row, *, by):
    """Let a group be admin, which a token asked for."""
    with _changing(row):
        row.waits = False
        row.save(update_fields=["waits"])
        _settle(row.account, [row.group], [_told(None, row)], by)


def _told(old, new):
    return ["group", old and _words(old), new and _words(new)]


def _words(row):
    waits = ", which waits for an admin" if row.waits else ""
    return f"{row.group} as {row.get_role_display().lower()}{waits}"


@contextmanager
def _changing(row):
    with locked(row.account.main, row.account):
        read_again(row)
        yield


def _check_number(account):
    here = GroupRole.objects.filter(account__organisation=account.organisation_id)
    if here.count() > MOST_GROUPS:
        raise RuleViolation(
            "too_many_groups",
            f"An organisation gives roles to up to {MOST_GROUPS} groups.",
            field="group",
        )


def _settle(account, groups, told, by):
    """Record a change, take what nothing gives any more and sign out whom it affects."""
    if not groups:
        return
    seen = seen_in(account.organisation)
    people = {each.user_id for each in seen if not set(groups).isdisjoint(each.groups)}
    record(
        Action.GROUPS_CHANGED,
        by=by,
        account=account,
        target=account.name,
        changes=told,
        sessions_ended=end_sessions(people),
    )
    roles = roles_in(account)
    names = {(each.provider_id, each.user_id): each.groups for each in seen}
    granted = account.memberships.exclude(granted_by=None)
    for row in granted.select_related("user", "account"):
        role = best(roles, names.get((row.granted_by_id, row.user_id), ()))
        if RANK.index(role) <= RANK.index(row.role):
            adjust(row, role, by, Changes())


def seen_in(organisation):
    """Return the SeenGroups of people whom an organisation may know of.

    Whom its own provider told of; of the installation's, its members and its domains'.
    """
    rows = SeenGroups.objects.filter(
        Q(provider__organisation=organisation) | Q(provider__organisation=None)
    )
    members = Membership.objects.accepted().filter(account__organisation=organisation)
    members = set(members.values_list("user", flat=True))
    domains = {each.domain for each in organisation.email_domains.all()}
    return [
        row
        for row in rows.select_related("provider", "user")
        if row.provider.organisation_id
        or row.user_id in members
        or row.user.email.rpartition("@")[2] in domains
    ]


def roles_in(account):
    """Return what groups give in an account, by their names."""
    return {row.group: row.role for row in account.group_roles.filter(waits=False)}


def best(roles, groups):
    """Return the most that some groups give, or None."""
    return max((roles.get(name) for name in groups), key=RANK.index, default=None)


class GroupEffect(NamedTuple):
    """The effect of a change of the list on one person."""

    email: str
    words: str


def preview(account, group, role):
    """Return the Effects on the people of a group of giving it a role, or none (None)."""
    roles = roles_in(account) | {group: role}
    rows = {row.user_id: row for row in account.memberships.all()}
    last = last_admin(account)
    return [
        GroupEffect(each.user.email, _effect(rows.get(each.user_id), role, last))
        for each in seen_in(account.organisation)
        if group in each.groups
        for role in [best(roles, each.groups)]
    ]


def _effect(row, role, last):
    name = role and Role(role).label.lower()
    if row is None:
        return f"becomes {name} at the next sign-in" if role else "gets nothing"
    if row.granted_by_id is None:
        return f"stays {row.get_role_display().lower()}, given by hand"
    if row.role == role:
        return f"stays {name}"
    if row.pk == last:
        return "stays admin, as the last one"
    if role is None:
        return "loses access at once"
    is_less = RANK.index(role) < RANK.index(row.role)
    return f"is {name} at once" if is_less else f"becomes {name} at the next sign-in"
