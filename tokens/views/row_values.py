"""The rows of lists of tokens: what they say is worked out here, and drawn by templates.

A template gets texts and marks and nothing else, since it is asked only once for each shape
that a row can have (accounts/web/shapes.py).
"""

from functools import cache, partial
from typing import NamedTuple

from django.urls import reverse
from django.utils.safestring import SafeString

from accounts import hooks
from accounts.templatetags.accounts import badge, day, when
from accounts.web.shapes import draw
from tokens.forms.changes import used_lately
from tokens.kind_pages import HOMES, page_of
from tokens.restrictions import in_a_row
from tokens.states import STATE_OUTSIDE, STOPPED_STATES, why_stopped_outside
from tokens.templatetags.all_tokens import short_kind
from tokens.templatetags.token_rows import shown_as
from tokens.templatetags.usage import sparkline

# What is in a row only for those who may do it.
SHOWN_RIGHTS = ("reveal", "rotate", "link")
OF_ALL = "tokens/_all_table.html#row"


class Badge(NamedTuple):
    state: str
    words: str
    icon: str


def kind_rows(tokens, about, **marks):
    """Draw the rows of some tokens in a list of their kind.

    `about` is what `about_rows` says of the list, and `marks` are what all of the rows
    have. A token has its `days` by now.
    """
    home = about["home"]
    texts = {
        "list_url": about["list_url"],
        "start": home.start,
        "stop": home.stop,
        "why_sole": about["why_sole"],
    }
    parts = [part for kind, part in hooks.row_texts if kind == about["kind"]]
    if about["single"]:
        parts.append(_of_account)
    marks |= {"single": about["single"]}
    return _drawn(home.rows, tokens, about, texts, parts, marks)


def all_rows(tokens, about, mend=None):
    """Draw the rows of some tokens of any kind and account.

    `mend` returns the address and the words of what mends a token, where it is to be.
    """
    parts = [_whose, partial(_mended, mend)] if mend else [_whose]
    if about.get("planned"):
        parts.append(partial(_planned, about["planned"]))
    marks = {"picked": bool(about["may"]["enable"] and about["buttons"])}
    return _drawn(OF_ALL, tokens, about, {}, parts, marks)


def _of_account(token):
    home = reverse("tokens:shipping", args=[token.account_id])
    return {"account_name": token.account.name, "account_url": home}


def _whose(token):
    keeper = "" if token.kept_by == token.created_by else token.keeper
    return {
        "account_name": token.account.name,
        "short_kind": short_kind(token.kind),
        "keeper": keeper,
    }


def _planned(ends, token):
    return {"planned": token.pk in ends and when(ends[token.pk])}


def _mended(mend, token):
    address, words = mend(token)
    return {"mend": address, "mend_words": words}


def _drawn(template, tokens, about, texts, parts, marks):
    marks |= {f"may_{verb}": about["may"].get(verb, False) for verb in SHOWN_RIGHTS}
    pages = Pages()
    rows = []
    for token in tokens:
        state, page = _state(token, about), pages.of(token)
        said = texts | _said(token, page) | _below_said(token, state["below"], page)
        for part in parts:
            said |= part(token)
        rows.append(draw(template, said, **marks, **state))
    return SafeString("".join(rows))


class Pages:
    """The addresses of tokens' pages, of which one is resolved.

    Either all of the tokens are in accounts or none is.
    """

    def __init__(self):
        self._parts = None

    def of(self, token):
        if self._parts is None:
            start = page_of(token).removesuffix(f"{token.pk}/")
            self._parts = start.rsplit(f"/{token.account_id}/", 1)
        return f"/{token.account_id}/".join(self._parts) + f"{token.pk}/"


def _said(token, page):
    return {
        "pk": str(token.pk),
        "url": page,
        "name": token.name,
        "note": token.note,
        "kept": in_a_row(token),
        "headline": token.note_headline,
        "masked": token.masked,
        "created": day(token.created_at),
        "by": token.created_by,
        "used": when(token.last_used_at),
        "caller": f"{token.last_used_address} {token.last_used_agent}".strip(),
        "calls": token.days and sparkline(token.days),
        "expires": when(token.expires_at),
    }


def _state(token, about):
    own, outside = token.state, why_stopped_outside(token)
    is_sole = token.pk == about.get("sole")
    return {
        "state": (
            own if own in STOPPED_STATES else STATE_OUTSIDE.get(outside, own)
        ).value,
        "badge": _badge(*shown_as(token, own, outside)),
        "has_usage": bool(token.last_used_at or token.days),
        "is_sole": is_sole,
        "is_disabled": token.disabled_at is not None,
        "in_account": token.account_id is not None,
        "switch": "" if outside else _switch(token, about, is_sole=is_sole),
        "below": _below(token, about, is_sole=is_sole),
    }


@cache
def _badge(state, words):
    return Badge(**badge(state, words))


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


def _below_said(token, below, page):
    """Return what is said there."""
    if below == "expired":
        return {"extend": _extend(token, page)}
    if below == "overlapping":
        return {"overlap": when(token.overlap_until)}
    return {"reason": token.disabled_reason}


def _extend(token, page):
    """Return the address at which an expiry is changed."""
    name = HOMES[token.kind].extend
    return (
        reverse(name, args=[token.account_id, token.pk]) if name else f"{page}expiry/"
    )
