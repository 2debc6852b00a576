"""The default shipping token of an account: the oldest enabled one."""

from django.db.models import OuterRef, Subquery

from accounts.models import Account
from tokens.kinds import SHIPPED_TO, SHIPPING
from tokens.models import Token


def provide_default_token(account, *, by):
    """Give a new account the shipping token of its kind, named `default`."""
    kind = SHIPPED_TO.get(account.kind)
    if kind:
        Token.issue(
            account=account, kind=kind, name="default", by=by, comes_with_account=True
        )


def default_tokens(accounts):
    """Return the default shipping tokens of accounts, by the account's id."""
    shipping = Token.objects.of_kind(*SHIPPING).enabled()
    oldest = shipping.filter(account=OuterRef("pk")).oldest_first()
    owners = Account.objects.filter(pk__in=[account.pk for account in accounts])
    chosen = owners.annotate(token=Subquery(oldest.values("pk")[:1])).values("token")
    tokens = Token.objects.filter(pk__in=chosen).select_related(
        "account", "organisation"
    )
    return {token.account_id: token for token in tokens}


def default_token(account):
    """Return the default shipping token of an account, or None."""
    return default_tokens([account]).get(account.pk)
