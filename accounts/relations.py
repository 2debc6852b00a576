"""How people and API tokens are related to an account, by their memberships or their home.

What each relation allows is up to the matrix in accounts/permissions.py.
"""

import enum

from accounts.identity.waiting import is_elsewhere
from accounts.models import AccountKind, Membership, Role
from accounts.models.memberships import WORD_HOLDS


class Relation(enum.Enum):
    MEMBER = "a user or read-only member of the account"
    ADMIN = "an admin of the account"
    MAIN_ADMIN = "an admin of the main account, the child is accessible"
    MAIN_ADMIN_SHUT = "an admin of the main account, the child is not accessible"
    MAIN_MEMBER = "another member of the main account, the child is accessible"
    MAIN_MEMBER_SHUT = "another member of the main account, the child is not accessible"
    STAFF = "operator staff"
    TOKEN = "an API token of the account"
    MAIN_TOKEN = "the main account's API token, the child is accessible"
    MAIN_TOKEN_SHUT = "the main account's API token, the child is not accessible"


def relations(user, account, within=WORD_HOLDS):
    """Return a person's relations to an account."""
    return relations_to(user, [account], within)[account.pk]


def relations_to(user, accounts, within=WORD_HOLDS):
    """Return a person's relations to each of some accounts, by the account's id.

    What groups gave counts if their provider spoke for the person `within` that time.
    The memberships that could relate them as well are in each account's `waiting`.
    """
    if user.is_staff:
        return {account.pk: {Relation.STAFF} for account in accounts}
    existing = [account for account in accounts if not account.deleted_at]
    usable, waiting = [], []
    for row in _memberships(user, existing):
        (usable if _counts(row, user, within) else waiting).append(row)
    found = {account.pk: set() for account in accounts}
    for account in existing:
        found[account.pk].update(_related(account, usable))
        account.is_new_to_person = _is_new(account, usable)
        account.waiting = [row for row in waiting if any(_related(account, [row]))]
    return found


def _counts(row, user, within):
    return row.is_heard(within) and not is_elsewhere(row, user)


def _memberships(user, accounts):
    own = Membership.objects.active().filter(user=user)
    in_main = own.filter(
        account__kind=AccountKind.MAIN,
        account__organisation__in={account.organisation_id for account in accounts},
    )
    direct = own.filter(account__in=[account.pk for account in accounts])
    rows = (direct | in_main).select_related("account")
    return rows.only(
        *("role", "entered_at", "granted_by", "heard_at"),
        *("account__kind", "account__organisation"),
    )


def _is_new(account, memberships):
    return any(
        membership.entered_at is None
        for membership in memberships
        if membership.account.organisation_id == account.organisation_id
    )


def _related(account, memberships):
    for membership in memberships:
        admin = membership.role == Role.ADMIN
        if membership.account_id == account.pk:
            yield Relation.ADMIN if admin else Relation.MEMBER
        elif membership.account.is_main and (
            membership.account.organisation_id == account.organisation_id
        ):
            yield _from_main(account, admin=admin)


def _from_main(account, *, admin):
    if admin:
        return _open_or(account, Relation.MAIN_ADMIN, Relation.MAIN_ADMIN_SHUT)
    return _open_or(account, Relation.MAIN_MEMBER, Relation.MAIN_MEMBER_SHUT)


def _open_or(account, opened, shut):
    return opened if account.accessible else shut


def token_relations(token, account):
    """Return the relations of an API token to an account.

    One that is kept to some accounts has none to others, but for its own.
    """
    home = token.account
    if account.deleted_at or home.organisation_id != account.organisation_id:
        return set()
    if home.pk == account.pk:
        return {Relation.TOKEN}
    if home.is_main and token.may_enter(account.pk):
        return {_open_or(account, Relation.MAIN_TOKEN, Relation.MAIN_TOKEN_SHUT)}
    return set()
