"""Tags of accounts' pages, for their tokens."""

from django import template
from django.db.models import Count

from accounts.plurals import counted
from tokens import defaults
from tokens.kinds import Kind
from tokens.trial import trial_end

register = template.Library()


register.simple_tag(defaults.default_tokens)
register.simple_tag(trial_end)


@register.inclusion_tag("tokens/_default.html", takes_context=True)
def default_token(context, account, tokens=None):
    """Show an account's default token as far as the person may see it.

    A list gives the `default_tokens` of all its accounts.
    """
    known = tokens is not None
    return {
        "account": account,
        "token": tokens.get(account.pk) if known else defaults.default_token(account),
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
    return counted(count, label if label.startswith("API") else label.lower())
