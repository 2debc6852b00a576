"""Tags of rows of tokens."""

from datetime import timedelta
from functools import cache

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from accounts.templatetags.accounts import badge, icon
from accounts.web.shapes import draw
from tokens.forms.changes import used_lately
from tokens.kind_pages import action_url, page_of
from tokens.kinds import Kind
from tokens.states import STOPPED_STATES, State, why_stopped_outside

register = template.Library()
register.filter(used_lately)
register.simple_tag(action_url, name="address")

# Less than the week that a shared token is made for.
SOON = timedelta(days=6)
STOPPED_FROM_OUTSIDE = {
    "account_suspended": ("suspended", "Account suspended"),
    "account_deleted": ("suspended", "Account deleted"),
    "plan_has_no_api_tokens": ("suspended", "Stopped by the plan"),
}


@register.inclusion_tag("components/badge.html")
def token_state(token):
    """Show in a badge whether a token works, and what stops it if it does not."""
    return badge(*shown_state(token))


@register.filter
def has_switch(token):
    """Whether enabling or disabling a token changes whether it works."""
    return not (token.is_expired or why_stopped_outside(token))


def shown_state(token):
    """Return a state of the badge component and its words, or None for the usual."""
    return shown_as(token, token.state, why_stopped_outside(token))


def shown_as(token, own, outside):
    """Return what `shown_state` does, of a state and a reason that are known already."""
    if own not in STOPPED_STATES and outside:
        return STOPPED_FROM_OUTSIDE[outside]
    if own == State.ACTIVE and _ends_soon(token):
        return "expiring", None
    return own.value, None


def _ends_soon(token):
    return token.expires_at is not None and token.expires_at < timezone.now() + SOON


# Drawn once in a page, and used by its rows.
ICONS = (
    "arrow-path",
    "check",
    "check-circle",
    "clock",
    "ellipsis-horizontal",
    "eye",
    "link",
    "lock-closed",
    "no-symbol",
    "pause-circle",
    "qr-code",
    "square-2-stack",
    "stop-circle",
    "x-circle",
)


@register.simple_tag
@cache
def row_icons():
    """Draw the icons that rows use by their names, where nobody sees them."""
    symbols = format_html_join(
        "",
        '<symbol id="i-{}" viewBox="0 0 16 16">{}</symbol>',
        ((name, icon(name)) for name in ICONS),
    )
    return format_html("<svg hidden>{}</svg>", symbols)


WORDS = {
    Kind.API: ("API tokens", "New API token"),
    Kind.LOGS: ("Log shipping tokens", "New log shipping token"),
    Kind.METRICS: ("Metrics shipping tokens", ""),
    Kind.TRACES: ("Tracing shipping tokens", ""),
    Kind.SHARED: ("Shared tokens", "New shared token"),
    Kind.GATEWAY: ("Gateway tokens", "New gateway token"),
    Kind.SCANNER: ("Scanner tokens", "New scanner token"),
}


@register.simple_tag
def kind_words(kind):
    return WORDS[kind][0]


@register.simple_tag
def new_words(kind):
    return WORDS[kind][1]


@register.inclusion_tag("tokens/_action.html#on_page")
def page_action(verb, token, words, icon, reason=""):
    """Show a button of the token's page that opens a dialog, or why it does not."""
    url = action_url(verb, token, next=page_of(token))
    return {
        "url": url,
        "verb": verb,
        "token": token,
        "words": words,
        "icon": icon,
        "reason": reason,
    }


@register.inclusion_tag("tokens/_action.html")
def action(verb, words, icon, when=""):
    """Show an icon of the rows' menu that opens the dialog of a verb.

    `when` names what a token has to be, or after a minus what it must not be.
    """
    return _of_menu(words, icon, when) | {"verb": verb}


@register.inclusion_tag("tokens/_action.html")
def off(words, icon, when, reason):
    """Show an icon of the rows' menu that is switched off, and why."""
    return _of_menu(words, icon, when) | {"reason": reason}


def _of_menu(words, icon, when):
    title = words.removesuffix(" of")
    return {"words": words, "title": title, "icon": icon, "when": when}


# What the cells of a column are called by its style.
COLUMNS = {
    "name": "name-cell",
    "account": "whose",
    "created_at": "created",
    "last_used_at": "last-use",
    "expires_at": "expires",
}


# What an address says of one look at a list.
PASSING = ("cursor", "added", "new")


@register.simple_tag(takes_context=True)
def sort_header(context, name, label, current):
    """Show the head of a column that the list can be sorted by."""
    ascending, descending = name, f"-{name}"
    newest_first = name in ("created_at", "last_used_at")
    first, second = (descending, ascending) if newest_first else (ascending, descending)
    wanted = second if current == first else first
    return draw(
        "tokens/_list_parts.html#sort_header",
        {"address": _sorted(context["request"].GET, wanted)},
        label=label,
        column=COLUMNS.get(name, name),
        order={ascending: "ascending", descending: "descending"}.get(current),
    )


def _sorted(query, sort):
    """Return the address of the same list, from its start in another order."""
    asked = query.copy()
    for name in PASSING:
        asked.pop(name, None)
    asked["sort"] = sort
    return f"?{asked.urlencode()}"


@register.simple_tag(takes_context=True)
def row_menu(context):
    """Show what can be done with a token, of which each row gets a copy."""
    return draw(
        "tokens/_row_menu.html",
        {"list_url": context["list_url"], "why_sole": context["why_sole"]},
        may=frozenset(verb for verb, is_so in context["may"].items() if is_so),
        kind=context["kind"],
        single=context["single"],
        sole=context["sole"] is not None,
        stop=context["home"].stop,
    )
