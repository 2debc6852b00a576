"""Tags of pages over tokens of several accounts and kinds."""

from django import template

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
