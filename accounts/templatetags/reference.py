from django import template
from django.utils.html import format_html, format_html_join

register = template.Library()


@register.filter
def ticked(text):
    """Return words with what stands between backticks as code."""
    pieces = enumerate(text.split("`"))
    return format_html_join(
        "", "{}", ((_code(piece) if at % 2 else piece,) for at, piece in pieces)
    )


def _code(text):
    return format_html("<code>{}</code>", text)
