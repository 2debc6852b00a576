"""Parts of every page's frame that no page changes: drawn once in a process."""

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html_join

register = template.Library()

SCRIPTS = (
    "back",
    "busy",
    "copy",
    "dashboard",
    "dates",
    "drafts",
    "failures",
    "focus",
    "menu",
    "modal",
    "notices",
    "shortcuts",
    "sidebar",
    "ticks",
    "unsaved",
    "zone",
)


@register.simple_tag
@cache
def page_scripts():
    """Draw the scripts of every page that somebody who signed in sees."""
    return format_html_join(
        "\n  ",
        '<script type="module" src="{}"></script>',
        ((static(f"js/{name}.js"),) for name in SCRIPTS),
    )
