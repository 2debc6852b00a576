"""Who may do what: the authorization matrix, and nothing else decides.

Each row of the matrix lists the answers for the relations, in their order: y yes, n no
(403), h hidden (404), m only when the account is the main account, s only for the acting
token itself, - cannot occur. In the heads of its columns `m.` is the main account, and
`shut` the same while the child is not accessible to it. A person or token can have
several relations to an account; the best answer counts. No relation at all is 404.

The last column is the scope that an API token needs besides: - where none ever may, `any`
for what every API token may, whatever it is kept to.
"""

from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.identity.waiting import lead
from accounts.models import Account, Role
from accounts.models.memberships import STANDS_FOR
from accounts.operations import Operation
from accounts.relations import Relation, relations, token_relations
from accounts.scopes import covers

COLUMNS = tuple(Relation)
ANY_SCOPE, NO_SCOPE = "any", "-"
# Who looks after the tokens looks after their refused calls and hears of them; the
# address of a webhook is often a credential, so that staff do not see it.
MATRIX = """\
#                   user  admin m.adm shut  m.usr shut  staff token m.tok shut  scope
api.list            n     y     y     n     n     h     y     y     y     n     api:read
api.view            n     y     y     n     n     h     y     y     y     n     api:read
api.reveal          n     y     y     n     n     h     n     n     n     n     -
api.create          n     y     y     n     n     h     n     n     n     n     -
api.mint            n     n     n     n     n     h     n     n     y     y     api:write
api.rename          n     y     y     n     n     h     n     n     n     n     -
api.note            n     y     y     n     n     h     n     n     n     n     -
api.enable          n     y     y     n     n     h     n     n     n     n     -
api.disable         n     y     y     n     n     h     y     s     n     n     api:write
api.delete          n     y     y     n     n     h     n     s     n     n     api:write
api.rotate          n     y     y     n     n     h     n     n     n     n     -
api.expiry          n     y     y     n     n     h     n     n     n     n     -
api.restrict        n     y     y     n     n     h     n     n     n     n     -
api.narrow          n     y     y     n     n     h     n     s     n     n     api:write
#                   user  admin m.adm shut  m.usr shut  staff token m.tok shut  scope
ship.list           n     y     y     n     n     h     y     y     y     n     shipping:read
ship.view           n     y     y     n     n     h     y     y     y     n     shipping:read
ship.reveal         n     y     y     n     n     h     n     y     y     n     shipping:write
ship.create         n     y     y     n     n     h     n     y     y     n     shipping:write
ship.rename         n     y     y     n     n     h     n     y     y     n     shipping:write
ship.note           n     y     y     n     n     h     n     y     y     n     shipping:write
ship.enable         n     y     y     n     n     h     n     y     y     n     shipping:write
ship.disable        n     y     y     n     n     h     y     y     y     n     shipping:write
ship.delete         n     y     y     n     n     h     n     y     y     n     shipping:write
ship.rotate         n     y     y     n     n     h     n     y     y     n     shipping:write
ship.expiry         n     y     y     n     n     h     n     y     y     n     shipping:write
ship.restrict       n     y     y     n     n     h     n     y     y     n     shipping:write
#                   user  admin m.adm shut  m.usr shut  staff token m.tok shut  scope
shared.list         n     y     y     n     n     h     y     y     y     n     shared:read
shared.view         n     y     y     n     n     h     y     y     y     n     shared:read
shared.reveal       n     y     y     n     n     h     n     y     y     n     shared:write
shared.create       n     y     y     n     n     h     n     y     y     n     shared:write
shared.rename       n     y     y     n     n     h     n     y     y     n     shared:write
shared.note         n     y     y     n     n     h     n     y     y     n     shared:write
shared.enable       n     y     y     n     n     h     n     y     y     n     shared:write
shared.disable      n     y     y     n     n     h     y     y     y     n     shared:write
shared.delete       n     y     y     n     n     h     n     y     y     n     shared:write
shared.rotate       n     y     y     n     n     h     n     y     y     n     shared:write
shared.expiry       n     y     y     n     n     h     n     y     y     n     shared:write
shared.restrict     n     y     y     n     n     h     n     y     y     n     shared:write
shared.filters      n     y     y     n     n     h     n     y     y     n     shared:write
shared.link         n     y     y     n     n     h     n     y     y     n     shared:write
#                   user  admin m.adm shut  m.usr shut  staff token m.tok shut  scope
filter.list         n     y     y     n     n     h     y     y     y     n     shared:read
filter.create       n     y     y     n     n     h     n     y     y     n     shared:write
filter.edit         n     y     y     n     n     h     n     y     y     n     shared:write
filter.delete       n     y     y     n     n     h     n     y     y     n     shared:write
view.list           n     y     y     n     n     h     y     y     y     n     shared:read
view.create         n     y     y     n     n     h     n     y     y     n     shared:write
view.edit           n     y     y     n     n     h     n     y     y     n     shared:write
view.delete         n     y     y     n     n     h     n     y     y     n     shared:write
refused_calls.list  n     y     y     n     n     h     y     n     n     n     -
refused_calls.act   n     y     y     n     n     h     n     n     n     n     -
calendar.edit       n     y     y     n     n     h     n     n     n     n     -
webhook.edit        n     y     y     n     n     h     n     n     n     n     -
policy.view         n     y     y     n     n     h     y     y     y     n     accounts:read
policy.edit         n     m     -     -     -     h     n     m     -     -     accounts:write
#                   user  admin m.adm shut  m.usr shut  staff token m.tok shut  scope
account.list        y     y     y     y     y     h     y     y     y     y     accounts:read
account.view        y     y     y     y     y     h     y     y     y     y     accounts:read
account.edit        n     m     y     y     n     h     y     m     y     y     accounts:write
account.create      n     m     -     -     -     h     y     m     -     -     accounts:write
account.suspend     n     n     y     y     n     h     y     n     y     y     accounts:write
account.delete      n     n     y     y     n     h     y     n     y     y     accounts:write
account.flags       n     n     y     y     n     h     y     n     y     y     accounts:write
account.plan        n     n     n     n     n     h     y     n     n     n     -
account.oversee     n     m     -     -     -     h     y     m     -     -     any
#                   user  admin m.adm shut  m.usr shut  staff token m.tok shut  scope
user.list           n     y     y     y     n     h     y     y     y     y     users:read
user.invite         n     y     y     y     n     h     y     y     y     y     users:write
user.invite_admin   n     y     y     y     n     h     n     n     n     n     -
user.role           n     y     y     y     n     h     n     n     n     n     -
user.suspend        n     y     y     y     n     h     y     y     y     y     users:write
user.remove         n     y     y     y     n     h     n     y     y     y     users:write
user.reset          n     n     n     n     n     h     y     n     n     n     -
group.edit          n     m     -     -     -     h     n     n     n     n     -
audit.view          n     y     y     y     n     h     y     y     n     n     audit:read
audit.export        n     y     y     y     n     h     n     n     n     n     -
whoami              y     y     y     y     y     h     y     y     -     -     any
"""


def _read(table):
    """Return the answers and the scopes of a table, each by operation."""
    rows = [line.split() for line in table.splitlines() if not line.startswith("#")]
    answers = {
        Operation(name): dict(zip(COLUMNS, cells, strict=True))
        for name, *cells, _ in rows
    }
    return answers, {Operation(name): scope for name, *_, scope in rows}


POLICY, SCOPE_OF = _read(MATRIX)


class Forbidden(PermissionDenied):
    """403, with the account whose admins can help."""

    # Said of an API token that is kept to less than others.
    code = sentence = ""

    def __init__(self, account, operation):
        super().__init__(f"{operation.value} is not allowed here")
        self.account = account
        self.operation = operation


class OutOfScope(Forbidden):
    """403, with the scope that an API token lacks, or those of which one would do."""

    code = "out_of_scope"

    def __init__(self, account, *operations):
        super().__init__(account, operations[0])
        self.scopes = sorted({SCOPE_OF[each] for each in operations} - {NO_SCOPE})
        *others, last = self.scopes
        named = f"{', '.join(others)} or {last}" if others else last
        self.sentence = f"This API token lacks the scope {named}"


class KeptElsewhere(Forbidden):
    """403 in its own account, for an API token that is kept to other ones."""

    code = "kept_elsewhere"
    sentence = "This API token is kept to other accounts"


def token_may(token, operation, account):
    """Whether an API token may do something in an account, and not only to itself."""
    allowed = allows(token_relations(token, account), operation, account)
    return bool(allowed) and _why_restricted(token, operation, account) is None


def require_of_token(token, operation, account, *, itself=False):
    """Return when an API token may do something in an account.

    Raises Http404, or a Forbidden: OutOfScope, KeptElsewhere.
    """
    require(token_relations(token, account), operation, account, itself=itself)
    refusal = _why_restricted(token, operation, account, itself=itself)
    if refusal:
        raise refusal(account, operation)


def require_scope(token, *operations):
    """Return when an API token has the scope of at least one of some operations, if any."""
    if operations and not any(in_scope(token, each) for each in operations):
        raise OutOfScope(token.account, *operations)


def _why_restricted(token, operation, account, *, itself=False):
    """Return the Forbidden that says why what the matrix allows is not for this token."""
    if not in_scope(token, operation):
        return OutOfScope
    if itself or SCOPE_OF[operation] == ANY_SCOPE or token.may_enter(account.pk):
        return None
    return KeptElsewhere


def in_scope(token, operation):
    """Whether an API token's scopes hold that of an operation."""
    needed = SCOPE_OF[operation]
    return needed == ANY_SCOPE or covers(token.scopes, needed)


def allows(relations, operation, account, *, itself=False):
    """Return True, False for a 403, or None for a 404."""
    answers = {POLICY[operation][relation] for relation in relations}
    if "y" in answers or ("m" in answers and account.is_main):
        return True
    if "s" in answers and itself:
        return True
    return False if answers - {"h"} else None


def may(user, operation, account):
    """Whether a person, who is not here, may do something in an account."""
    found = relations(user, account, STANDS_FOR)
    return bool(allows(found, operation, account))


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
            if response := _waited_for(request, account, operations):
                return response
            _enter(request, account, operations)
            return view(request, account, *args, **kwargs)

        guarded.operations = operations
        return guarded

    return decorate


def _enter(request, account, operations):
    """Let a person in who may do all of some operations; raises Http404, or Forbidden."""
    # As `visible_to`, whose query would say the same of the same memberships.
    if not account.relations - {Relation.MAIN_MEMBER_SHUT}:
        raise Http404
    request.account, request.relations = account, account.relations
    for operation in operations:
        require(request.relations, operation, account)
    if account.is_new_to_person:
        come_in(request.user, account)


def _waited_for(request, account, operations):
    """Return what leads to where memberships in an account wait no more, or None.

    Raises Forbidden for who has nothing but these, and nowhere to be led to.
    """
    if not account.waiting:
        return None
    allowed = [allows(account.relations, each, account) for each in operations]
    is_needed = not (account.relations and all(allowed))
    response = lead(request, account.waiting, is_needed=is_needed)
    if response is None and not account.relations:
        raise Forbidden(account, Operation.ACCOUNT_VIEW)
    return response


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
