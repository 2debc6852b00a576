"""What the rows of lists show of their tokens, worked out before a template prints it.

A template asks for each value by name, through every context around it, and works out
again what it asks for twice: 25 rows took three times as long as the page around them.
"""

from functools import cache

from django.urls import reverse
from django.utils.html import format_html

from accounts.templatetags.accounts import badge, day, when
from tokens.forms.changes import used_lately
from tokens.kind_pages import HOMES, page_of
from tokens.states import OUTSIDE, STOPPED, why_stopped_outside
from tokens.templatetags.token_rows import shown_as
from tokens.templatetags.usage import sparkline

BADGE = (
    '<span class="badge" data-state="{state}"><svg class="icon" aria-hidden="true">'
    '<use href="#i-{icon}"/>'
    "</svg>{words}</span>"
)


def row_values(tokens, about, **marks):
    """Return the values of the rows of some tokens, with marks that all of them have.

    `about` is what `about_rows` says of the list. A token has its `days` by now.
    """
    pages = Pages()
    return [_row(token, about, pages.of(token)) | marks for token in tokens]


class Pages:
    """The addresses of tokens' pages; that of an account's is resolved once."""

    def __init__(self):
        self.starts = {}

    def of(self, token):
        start = self.starts.get(token.account_id)
        if start is None:
            start = page_of(token).removesuffix(f"{token.pk}/")
            self.starts[token.account_id] = start
        return f"{start}{token.pk}/"


def _row(token, about, page):
    return {
        "token": token,
        "pk": str(token.pk),
        "page": page,
        "name": token.name,
        "note": token.note,
        "headline": token.note_headline,
        "masked": token.masked,
        "created": day(token.created_at),
        "by": token.created_by,
        "used": when(token.last_used_at),
        "has_usage": bool(token.last_used_at or token.days),
        "caller": f"{token.last_used_address} {token.last_used_agent}".strip(),
        "calls": token.days and sparkline(token.days),
        "expires": when(token.expires_at),
        "extend": _extend(token, page),
        **_state(token, about),
    }


def _extend(token, page):
    """Return the address at which an expiry is changed, of one that has passed."""
    if not token.is_expired:
        return ""
    name = HOMES[token.kind].extend
    return (
        reverse(name, args=[token.account_id, token.pk]) if name else f"{page}expiry/"
    )


def _state(token, about):
    own, outside = token.state, why_stopped_outside(token)
    is_sole = token.pk == about.get("sole")
    return {
        "state": (own if own in STOPPED else OUTSIDE.get(outside, own)).value,
        "badge": _badge(*shown_as(token, own, outside)),
        "is_sole": is_sole,
        "switch": "" if outside else _switch(token, about, is_sole=is_sole),
        "below": _below(token, about, is_sole=is_sole),
    }


@cache
def _badge(state, words):
    return format_html(BADGE, **badge(state, words))


def _switch(token, about, *, is_sole):
    """Return what the switch of a token does, which works unless it is switched off."""
    if token.is_expired or not about["may"]["enable"]:
        return ""
    if is_sole:
        return "sole"
    if token.rule.is_single:
        return ""
    if token.disabled_at:
        return "enables"
    return "asks" if used_lately(token) else "disables"


def _below(token, about, *, is_sole):
    """Return what stands below the state of a token."""
    if token.is_expired and about["may"]["expiry"] and not token.rule.is_single:
        return "expired"
    if token.is_overlapping:
        return "overlapping"
    if is_sole:
        return "sole"
    return "reason" if token.disabled_reason else ""
