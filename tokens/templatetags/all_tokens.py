"""Tags of pages over tokens of several accounts and kinds."""

from django import template

from tokens.kind_pages import home_of
from tokens.kinds import Kind

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
