"""Tokens that Jump to finds by name, and then by note."""

from accounts.models import Account
from accounts.web.quick_find import Result
from tokens.kind_pages import HOMES, page_of
from tokens.models import Token

SHOWN = 8
LEAST_LETTERS = 2


def find_tokens(user, _account, text):
    """Return tokens that a person manages."""
    if len(text) < LEAST_LETTERS:
        return []
    accounts = Account.objects.administered_by(user)
    tokens = Token.objects.filter(account__in=accounts).not_deleted().of_kind(*HOMES)
    tokens = tokens.select_related("account")
    named = list(tokens.named_like(text).best_named(text)[:SHOWN])
    known = [token.pk for token in named]
    noted = tokens.noted_like(text).exclude(pk__in=known)[: SHOWN - len(named)]
    return [
        Result(
            token.name,
            f"{token.get_kind_display()} · {token.account}",
            page_of(token),
            "key",
        )
        for token in (*named, *noted)
    ]
