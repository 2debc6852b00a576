"""The default shipping token of an account: the oldest enabled one."""

from django.db.models import OuterRef, Subquery

from accounts.models import Account
from tokens.kinds import SHIPPING
from tokens.models import Token


def default_tokens(accounts):
    """Return the default shipping tokens of accounts, by the account's id."""
    shipping = Token.objects.of_kind(*SHIPPING).enabled()
    oldest = shipping.filter(account=OuterRef("pk")).order_by("created_at", "pk")
    owners = Account.objects.filter(pk__in=[account.pk for account in accounts])
    chosen = owners.annotate(token=Subquery(oldest.values("pk")[:1])).values("token")
    tokens = Token.objects.filter(pk__in=chosen).select_related(
        "account", "organisation"
    )
    return {token.account_id: token for token in tokens}
