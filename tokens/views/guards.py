"""Who may act on a token, asked the same way for every action."""

from functools import wraps

from django.http import Http404

from accounts.models.accounts import RESTORABLE_DAYS
from accounts.permissions import Operation, for_account, require
from accounts.rule_violations import Gone, RuleViolation
from tokens.kinds import Kind
from tokens.models.querysets import TokenQuerySet
from tokens.permissions import operation


class Deleted(Gone):
    """The token was deleted after the page that acts on it was loaded."""

    def __init__(self, token):
        RuleViolation.__init__(
            self,
            "gone",
            f"{token.name} was deleted by {token.deleted_by}. For {RESTORABLE_DAYS} "
            "days it can be restored under Recently deleted.",
        )


def for_token(verb, *, among=TokenQuerySet.not_deleted):
    """Guard an action: the view gets a token of the account that the URL names.

    The matrix row depends on the token's kind. For an id that the account does not
    have it is asked as for an API token, so that a person who may not do it gets the
    same 403 for every id.
    """

    def decorate(view):
        @for_account(Operation.ACCOUNT_VIEW)
        @wraps(view)
        def guarded(request, account, pk):
            token = among(account.tokens.all()).filter(pk=pk).first()
            known = token or account.tokens.recently_deleted().filter(pk=pk).first()
            kind = known.kind if known else Kind.API
            require(request.relations, operation(kind, verb), account)
            if token is None:
                raise Deleted(known) if known else Http404
            return view(request, account, token)

        guarded.verb = verb
        return guarded

    return decorate


def for_main_account(*operations):
    """Guard a view over an organisation; at a child's address there is none."""

    def decorate(view):
        @for_account()
        @wraps(view)
        def guarded(request, account, *args, **kwargs):
            if not account.is_main:
                raise Http404
            for each in operations:
                require(request.relations, each, account)
            return view(request, account, *args, **kwargs)

        guarded.operations = operations
        guarded.main_only = True
        return guarded

    return decorate


def posted(request):
    """Return what a form was sent, or None when it is only shown."""
    return request.POST if request.method == "POST" else None
