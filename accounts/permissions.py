"""Who may do what: the authorization matrix, and nothing else decides.

Each row of the matrix lists the answers for the relations, in their order: y yes, n no
(403), h hidden (404), m only when the account is the main account, s only for the acting
token itself, - cannot occur. In the heads of its columns `m.` is the main account, and
`shut` the same while the child is not accessible to it. A person or token can have
several relations to an account; the best answer counts. No relation at all is 404.
"""

import enum
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import Account, AccountKind, Membership, Role
from accounts.operations import Operation


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


COLUMNS = tuple(Relation)
# Who looks after the tokens looks after their refused calls and hears of them; the
# address of a webhook is often a credential, so that staff do not see it.
MATRIX = """\
#                   member admin  m.adm  shut   m.mem  shut   staff  token  m.tok  shut
api.list            n      y      y      n      n      h      y      y      y      n
api.view            n      y      y      n      n      h      y      y      y      n
api.reveal          n      y      y      n      n      h      n      n      n      n
api.create          n      y      y      n      n      h      n      n      n      n
api.mint            n      n      n      n      n      h      n      n      y      y
api.rename          n      y      y      n      n      h      n      n      n      n
api.note            n      y      y      n      n      h      n      n      n      n
api.enable          n      y      y      n      n      h      n      n      n      n
api.disable         n      y      y      n      n      h      y      s      n      n
api.delete          n      y      y      n      n      h      n      s      n      n
api.rotate          n      y      y      n      n      h      n      n      n      n
api.expiry          n      y      y      n      n      h      n      n      n      n
api.restrict        n      y      y      n      n      h      n      n      n      n
#                   member admin  m.adm  shut   m.mem  shut   staff  token  m.tok  shut
ship.list           n      y      y      n      n      h      y      y      y      n
ship.view           n      y      y      n      n      h      y      y      y      n
ship.reveal         n      y      y      n      n      h      n      y      y      n
ship.create         n      y      y      n      n      h      n      y      y      n
ship.rename         n      y      y      n      n      h      n      y      y      n
ship.note           n      y      y      n      n      h      n      y      y      n
ship.enable         n      y      y      n      n      h      n      y      y      n
ship.disable        n      y      y      n      n      h      y      y      y      n
ship.delete         n      y      y      n      n      h      n      y      y      n
ship.rotate         n      y      y      n      n      h      n      y      y      n
ship.expiry         n      y      y      n      n      h      n      y      y      n
ship.restrict       n      y      y      n      n      h      n      y      y      n
#                   member admin  m.adm  shut   m.mem  shut   staff  token  m.tok  shut
shared.list         n      y      y      n      n      h      y      y      y      n
shared.view         n      y      y      n      n      h      y      y      y      n
shared.reveal       n      y      y      n      n      h      n      y      y      n
shared.create       n      y      y      n      n      h      n      y      y      n
shared.rename       n      y      y      n      n      h      n      y      y      n
shared.note         n      y      y      n      n      h      n      y      y      n
shared.enable       n      y      y      n      n      h      n      y      y      n
shared.disable      n      y      y      n      n      h      y      y      y      n
shared.delete       n      y      y      n      n      h      n      y      y      n
shared.rotate       n      y      y      n      n      h      n      y      y      n
shared.expiry       n      y      y      n      n      h      n      y      y      n
shared.restrict     n      y      y      n      n      h      n      y      y      n
shared.filters      n      y      y      n      n      h      n      y      y      n
shared.link         n      y      y      n      n      h      n      y      y      n
#                   member admin  m.adm  shut   m.mem  shut   staff  token  m.tok  shut
filter.list         n      y      y      n      n      h      y      y      y      n
filter.create       n      y      y      n      n      h      n      y      y      n
filter.edit         n      y      y      n      n      h      n      y      y      n
filter.delete       n      y      y      n      n      h      n      y      y      n
view.list           n      y      y      n      n      h      y      y      y      n
view.create         n      y      y      n      n      h      n      y      y      n
view.edit           n      y      y      n      n      h      n      y      y      n
view.delete         n      y      y      n      n      h      n      y      y      n
refused_calls.list  n      y      y      n      n      h      y      n      n      n
refused_calls.act   n      y      y      n      n      h      n      n      n      n
calendar.edit       n      y      y      n      n      h      n      n      n      n
webhook.edit        n      y      y      n      n      h      n      n      n      n
policy.edit         n      m      -      -      -      h      n      n      n      n
#                   member admin  m.adm  shut   m.mem  shut   staff  token  m.tok  shut
account.list        y      y      y      y      y      h      y      y      y      y
account.view        y      y      y      y      y      h      y      y      y      y
account.edit        n      m      y      y      n      h      y      m      y      y
account.create      n      m      -      -      -      h      y      m      -      -
account.suspend     n      n      y      y      n      h      y      n      y      y
account.delete      n      n      y      y      n      h      y      n      y      y
account.flags       n      n      y      y      n      h      y      n      y      y
account.plan        n      n      n      n      n      h      y      n      n      n
#                   member admin  m.adm  shut   m.mem  shut   staff  token  m.tok  shut
user.list           n      y      y      y      n      h      y      y      y      y
user.invite         n      y      y      y      n      h      y      y      y      y
user.invite_admin   n      y      y      y      n      h      n      n      n      n
user.role           n      y      y      y      n      h      n      n      n      n
user.suspend        n      y      y      y      n      h      y      y      y      y
user.remove         n      y      y      y      n      h      n      y      y      y
user.reset          n      n      n      n      n      h      y      n      n      n
audit.view          n      y      y      y      n      h      y      y      n      n
audit.export        n      y      y      y      n      h      n      n      n      n
"""


def _read(table):
    rows = [line.split() for line in table.splitlines() if not line.startswith("#")]
    return {
        Operation(name): dict(zip(COLUMNS, answers, strict=True))
        for name, *answers in rows
    }


POLICY = _read(MATRIX)


class Forbidden(PermissionDenied):
    """403, with the account whose admins can help."""

    def __init__(self, account, operation):
        super().__init__(f"{operation.value} is not allowed here")
        self.account = account
        self.operation = operation


def relations(user, account):
    """Return a person's relations to an account."""
    return relations_to(user, [account])[account.pk]


def relations_to(user, accounts):
    """Return a person's relations to each of some accounts, by the account's id."""
    if user.is_staff:
        return {account.pk: {Relation.STAFF} for account in accounts}
    standing = [account for account in accounts if not account.deleted_at]
    memberships = list(_memberships(user, standing))
    found = {account.pk: set() for account in accounts}
    for account in standing:
        found[account.pk].update(_related(account, memberships))
        account.is_new_to_person = _is_new(account, memberships)
    return found


def _memberships(user, accounts):
    own = Membership.objects.active().filter(user=user)
    in_main = own.filter(
        account__kind=AccountKind.MAIN,
        account__organisation__in={account.organisation_id for account in accounts},
    )
    direct = own.filter(account__in=[account.pk for account in accounts])
    rows = (direct | in_main).select_related("account")
    return rows.only("role", "entered_at", "account__kind", "account__organisation")


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


def token_relations(token_account, account):
    """Return the relations of an API token's account to an account."""
    if account.deleted_at or token_account.organisation_id != account.organisation_id:
        return set()
    if token_account.pk == account.pk:
        return {Relation.TOKEN}
    if token_account.is_main:
        return {_open_or(account, Relation.MAIN_TOKEN, Relation.MAIN_TOKEN_SHUT)}
    return set()


def allows(relations, operation, account, *, itself=False):
    """Return True, False for a 403, or None for a 404."""
    answers = {POLICY[operation][relation] for relation in relations}
    if "y" in answers or ("m" in answers and account.is_main):
        return True
    if "s" in answers and itself:
        return True
    return False if answers - {"h"} else None


def may(user, operation, account):
    """Whether a person may do something in an account."""
    return bool(allows(relations(user, account), operation, account))


def require(relations, operation, account, *, itself=False):
    """Return when a set of relations allows it; raise Http404 or Forbidden otherwise."""
    allowed = allows(relations, operation, account, itself=itself)
    if allowed is None:
        raise Http404
    if not allowed:
        raise Forbidden(account, operation)


def invitation(role):
    """Return the operation of adding somebody with a role."""
    return Operation.USER_INVITE_ADMIN if role == Role.ADMIN else Operation.USER_INVITE


def for_account(*operations):
    """Guard a view: it gets the account when every operation is allowed there.

    The URL names the account; the view receives it in place of its id.
    """

    def decorate(view):
        @wraps(view)
        def guarded(request, account_id, *args, **kwargs):
            accounts = Account.objects.select_related("organisation")
            account = get_object_or_404(accounts, pk=account_id)
            account.relations = relations(request.user, account)
            # As `visible_to`, whose query would say the same of the same memberships.
            if not account.relations - {Relation.MAIN_MEMBER_SHUT}:
                raise Http404
            request.account, request.relations = account, account.relations
            for operation in operations:
                require(request.relations, operation, account)
            if account.is_new_to_person:
                come_in(request.user, account)
            return view(request, account, *args, **kwargs)

        guarded.operations = operations
        return guarded

    return decorate


def come_in(user, account):
    """Note that a person came to an account's organisation just now."""
    here = user.memberships.filter(account__organisation=account.organisation_id)
    here.come_in()


def staff_only(view):
    """Guard a view of the staff console; for everybody else it does not exist."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.is_staff:
            raise Http404
        return view(request, *args, **kwargs)

    guarded.staff_only = True
    return guarded


def about_oneself(view):
    """Mark a view that shows a person only what is theirs; login is all it asks."""
    view.about_oneself = True
    return view
