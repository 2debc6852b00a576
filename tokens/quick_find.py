"""Tokens that Jump to finds by name."""

from accounts.models import Account
from accounts.web.quick_find import Result
from tokens.kind_pages import HOMES, home_of
from tokens.models import Token

SHOWN = 8
LEAST_LETTERS = 2


def find_tokens(user, _account, text):
    """Return tokens that a person manages."""
    if len(text) < LEAST_LETTERS:
        return []
    accounts = Account.objects.administered_by(user)
    named = Token.objects.filter(account__in=accounts).not_deleted().named_like(text)
    rows = named.of_kind(*HOMES).select_related("account")[:SHOWN]
    return [
        Result(
            token.name,
            f"{token.get_kind_display()} · {token.account}",
            home_of(token, q=token.name),
            "key",
        )
        for token in rows
    ]
