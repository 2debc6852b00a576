"""Opening an account of any kind through the API."""

from accounts import lifecycle
from accounts.api.plumbing.areas import Area
from accounts.audit.trail import Actor
from accounts.lists import candidates
from accounts.members import add_member
from accounts.models import Account, Role
from accounts.rule_violations import RuleViolation

CODES = {"illegal_plan": "ILLEGAL_PLAN_REQUEST", "name_taken": "DUPLICATE_NAME"}
NO_SUCH_PERSON = "Email must belong to an existing user"


class AccountArea(Area):
    """A part of the API that is about accounts."""

    def __init__(self, namespace):
        super().__init__(namespace, CODES)


def open_account(request, *, kind, email, no_person=NO_SUCH_PERSON, **fields):
    """Open an account with a person as its admin and return it.

    The person must be an admin of the main account, so that a token lifts nobody. A
    stranger to the organisation is told of in the same words as somebody unknown.
    """
    main, by = request.auth.account, Actor.calling(request)
    admins = main.memberships.admins().filter(user__email=email.lower())
    if not admins.exists():
        raise RuleViolation("unknown_email", no_person)
    account = lifecycle.open_account(main.organisation, kind=kind, by=by, **fields)
    add_member(account, email=email, role=Role.ADMIN, by=by)
    return account


def new_account(request, kind):
    """Return an account that is not there yet, to ask what may stand on its lists."""
    return Account(organisation=request.auth.account.organisation, kind=kind)


def picked(request, account, name, pks, refuse):
    """Return accounts for a list in the order of their ids.

    Raises what `refuse` makes of the first id that may not stand on it. A token that is
    kept to accounts puts no other one there: a security account reads what is on its list.
    """
    found = candidates(account, name).in_bulk(pks)
    for pk in pks:
        if pk not in found or not _may_stand(request.auth, account, name, pk):
            raise refuse(pk)
    return [found[pk] for pk in dict.fromkeys(pks)]


def _may_stand(token, account, name, pk):
    if token.may_enter(pk):
        return True
    return bool(account.pk) and getattr(account, name).filter(pk=pk).exists()
