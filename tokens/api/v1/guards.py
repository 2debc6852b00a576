"""Who may do what with a token: the policy's answer for its kind and its account."""

from django.http import Http404

from accounts.permissions import require_of_token
from accounts.relations import token_relations
from tokens.kinds import OF_INSTALLATION, Kind
from tokens.models import Token
from tokens.models.querysets import TokenQuerySet
from tokens.permissions import operation

ACCOUNT_TOKEN_KINDS = tuple(kind for kind in Kind if kind not in OF_INSTALLATION)


def of_tokens(*verbs, kinds=ACCOUNT_TOKEN_KINDS):
    """Return the operations of verbs on tokens of any kind."""
    return sorted(
        {operation(kind, verb) for kind in kinds for verb in verbs},
        key=lambda each: each.value,
    )


def token_for(
    request, pk, *verbs, kinds=ACCOUNT_TOKEN_KINDS, among=TokenQuerySet.not_deleted
):
    """Return the token with an id when the caller may do all that with it.

    Raises Http404 for one that does not exist to the caller, or Forbidden.
    """
    caller = request.auth
    tokens = Token.objects.of_kind(*kinds).filter(organisation=caller.organisation_id)
    found = among(tokens).select_related("account__organisation").filter(pk=pk).first()
    if found is None or not token_relations(caller, found.account):
        raise Http404
    for verb in verbs:
        asked = operation(found.kind, verb)
        itself = found.pk == caller.pk
        require_of_token(caller, asked, found.account, itself=itself)
    return found


def restorable_too(tokens):
    """Return tokens that are there, or that can be brought back."""
    return tokens.not_deleted() | tokens.recently_deleted()
