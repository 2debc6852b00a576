"""What the pages over tokens of several accounts and kinds show."""

from django import template
from django.urls import reverse

from tokens.kind_pages import home_of
from tokens.kinds import Kind
from tokens.templatetags.token_rows import action

register = template.Library()

SHORT = {
    Kind.API: "API",
    Kind.LOGS: "Logs",
    Kind.METRICS: "Metrics",
    Kind.TRACES: "Traces",
    Kind.SHARED: "Shared",
}


@register.simple_tag
def short_kind(kind):
    return SHORT[kind]


@register.simple_tag
def home_url(token):
    """Return the address of the token in the list of its account."""
    return home_of(token, token=token.pk)


@register.inclusion_tag("components/token.html", takes_context=True)
def copy_gateway(context, token):
    """Show a gateway token masked, to be copied."""
    return {
        "reveal": reverse("tokens:gateway_reveal", args=[token.pk]),
        "mask": token.masked,
        "name": token.name,
        "id": f"copy-{token.pk}",
        "autofocus": context.get("added") == token.pk,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("tokens/action.html")
def gateway_action(verb, token, words, icon):
    """Show an icon that opens the dialog of a verb for a gateway token."""
    return action(verb, token, words, icon) | {
        "url": reverse(f"tokens:gateway_{verb}", args=[token.pk])
    }
