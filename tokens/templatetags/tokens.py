"""What the pages of accounts show of their tokens."""

from django import template
from django.db.models import Count, OuterRef, Subquery

from accounts.models import Account
from tokens.kinds import SHIPPING, Kind
from tokens.models import Token

register = template.Library()


@register.simple_tag
def default_tokens(accounts):
    """Return the default shipping tokens of accounts, by the account's id."""
    shipping = Token.objects.of_kind(*SHIPPING).enabled()
    oldest = shipping.filter(account=OuterRef("pk")).order_by("created_at", "pk")
    owners = Account.objects.filter(pk__in=[account.pk for account in accounts])
    chosen = owners.annotate(token=Subquery(oldest.values("pk")[:1])).values("token")
    return {token.account_id: token for token in Token.objects.filter(pk__in=chosen)}


@register.inclusion_tag("tokens/default.html", takes_context=True)
def default_token(context, account, tokens=None):
    """Show an account's default token as far as the person may see it.

    A list gives the `default_tokens` of all its accounts.
    """
    if tokens is None:
        tokens = default_tokens([account])
    return {
        "account": account,
        "token": tokens.get(account.pk),
        "copy_id": f"copy-default-{account.pk}",
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag
def what_stops(account):
    """Return how many tokens of each kind work now, as words."""
    kinds = account.tokens.enabled().order_by().values_list("kind")
    numbers = dict(kinds.annotate(number=Count("pk")))
    return [_number(numbers[kind], kind.label) for kind in Kind if kind in numbers]


def _number(count, label):
    words = label if label.startswith("API") else label.lower()
    return f"{count:,} {words}{'' if count == 1 else 's'}"
