"""Who may call an endpoint: the policy's answer about the acting token's account."""

from functools import wraps

from django.db import transaction
from django.http import Http404

from accounts.api.plumbing.streams import CHUNK
from accounts.locks import repeated
from accounts.permissions import Operation, require_of_token, require_scope, token_may
from accounts.relations import token_relations

READING = ("GET", "HEAD")
# What only the main account's token may ask about other accounts.
MAIN_ACCOUNT_ONLY = Operation.ACCOUNT_OVERSEE


def requires(*operations, there=(), also=()):
    """Guard an endpoint by what the token may do in its own account.

    `there` says what the endpoint asks by itself, about the accounts that it reaches:
    only who has the scope of none of that is refused here. `also` is what it asks besides,
    such as whether the answer may have a secret. A changing call is one transaction up to its answer's contents, so that an error
    never follows a commit. Return a schema's instance, or it is checked too late.
    """

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            token = request.auth
            for operation in operations:
                require_of_token(token, operation, token.account)
            require_scope(token, *there)
            if request.method in READING:
                return view(request, *args, **kwargs)
            return _in_one_transaction(view, request, *args, **kwargs)

        guarded.operations, guarded.there = operations, (*there, *also)
        guarded.scoped_there = there
        return guarded

    return decorate


@repeated
def _in_one_transaction(view, request, *args, **kwargs):
    with transaction.atomic():
        return view(request, *args, **kwargs)


def account_for(request, pk, *operations):
    """Return the account with an id when the token may do all that there.

    Raises Http404 for an account that does not exist to the token, or Forbidden.
    """
    caller = request.auth
    account = _accounts_near(caller.account).filter(pk=pk).first()
    return _checked(caller, pk, account, operations)


def account_of_kind(request, kind, pk, operation):
    """Return the same when it is of a kind; of others none exists here."""
    # Whether there is such an account comes before what may be done with it.
    account = account_for(request, pk, Operation.ACCOUNT_VIEW)
    if account.kind != kind:
        raise Http404(f"account {pk} not found")
    return account_for(request, pk, operation)


def named_accounts_for(request, pks, *operations):
    """Return the same of several ids that a column can hold, in one query."""
    caller = request.auth
    near = _accounts_near(caller.account).in_bulk(pks)
    return [_checked(caller, pk, near.get(pk), operations) for pk in pks]


def _checked(caller, pk, account, operations):
    if account is None or not token_relations(caller, account):
        raise Http404(f"account {pk} not found")
    for operation in operations:
        require_of_token(caller, operation, account)
    return account


def accounts_for(request, *operations):
    """Return all the accounts in which the token may do all that."""
    return list(each_account_for(request, *operations))


def each_account_for(request, *operations):
    """Yield the same accounts, read a chunk at a time."""
    caller = request.auth
    organisation = caller.account.organisation
    accounts = organisation.accounts.not_deleted().in_order()
    for account in accounts.iterator(chunk_size=CHUNK):
        # Read with each row, it would take half of the time.
        account.organisation = organisation
        if all(token_may(caller, operation, account) for operation in operations):
            yield account


def _accounts_near(caller):
    accounts = caller.organisation.accounts.not_deleted()
    return accounts.select_related("organisation")
