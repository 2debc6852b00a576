"""The filters of shared tokens, as pages show them."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.plurals import counted
from accounts.web.shapes import draw

register = template.Library()


@register.simple_tag
def logic(share):
    """Show which logs a link lets its visitors see."""
    clauses = "" if share.shows_everything else _clauses(share)
    texts = {"lost": share.lost_filter, "clauses": clauses}
    return draw("sharing/_logic.html", texts, everything=share.shows_everything)


def _clauses(share):
    joiner = format_html('<span class="joiner">{}</span>', share.operator)
    return SafeString(joiner.join(_clause(each) for each in share.filters.all()))


def _clause(each):
    return draw(
        "sharing/_logic.html#clause", {"field": each.field, "value": each.value}
    )


def row_texts(token):
    """Return what the row of a shared token says besides."""
    visits = token.share.visits
    said = counted(visits, "visit") if visits else ""
    return {"shows": logic(token.share), "visits": said}
