from calendar import day_abbr, month_abbr
from datetime import UTC, timedelta
from functools import cache
from secrets import token_urlsafe

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from heroicons.templatetags.heroicons import heroicon_micro

from accounts import names
from accounts.models.accounts import RESTORABLE_DAYS
from accounts.permissions import Operation, allows
from accounts.web import browsers, resubmission

register = template.Library()

DAYS, MONTHS = tuple(day_abbr), tuple(month_abbr)
UNITS = (
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "minute"),
)
FAR = timedelta(days=30)
ROUNDING = timedelta(seconds=5)

ICONS = {
    "active": "check-circle",
    "deleted": "trash",
    "disabled": "no-symbol",
    "expired": "x-circle",
    "expiring": "clock",
    "invited": "envelope",
    "imported": "arrow-down-tray",
    "never-used": "minus-circle",
    "paused": "pause-circle",
    "rotating": "arrow-path",
    "suspended": "stop-circle",
    "trial": "sparkles",
}


register.filter(names.quoted)
register.filter("browser", browsers.named)


@register.simple_tag(takes_context=True)
def once(context):
    """Return the field by which a form that is sent again is known."""
    key = resubmission.key_of(context["request"]) or token_urlsafe(16)
    return format_html(
        '<input type="hidden" name="{}" value="{}">', resubmission.FIELD, key
    )


@register.simple_tag
@cache
def icon(name):
    """Return a small heroicon that is drawn once: rows repeat the same few."""
    return heroicon_micro(name)


@register.simple_tag
def when(value, absent="never"):
    """Return how long ago or how soon it is, with the exact time on hover."""
    return _time(value, _distance, absent)


@register.simple_tag
def day(value, absent="never"):
    """Return the date in the viewer's zone, with the exact time on hover."""
    return _time(value, _date, absent)


@register.simple_tag
def clock(value, absent="never"):
    """Return date and time in the viewer's zone, with the exact time on hover."""
    return _time(value, _moment, absent)


@register.inclusion_tag("components/badge.html")
def badge(state, words=None):
    return {
        "state": state,
        "words": words or state.replace("-", " ").capitalize(),
        "icon": ICONS.get(state, "information-circle"),
    }


@register.simple_tag
def restorable_days():
    """Return for how many days what is deleted can be restored."""
    return RESTORABLE_DAYS


@register.filter
def amount(number):
    """Return a number with separators, and with decimals only where it has some."""
    return f"{round(number, 2):,.15g}"


@register.filter
def may(account, name):
    """Whether the person may do an operation, such as ACCOUNT_EDIT, in an account."""
    return bool(allows(account.relations, Operation[name], account))


def _time(value, words, absent):
    if value is None:
        return _no_time(absent)
    exact = value.astimezone(UTC)
    iso = exact.isoformat(timespec="seconds")
    date = f"{DAYS[exact.weekday()]} {exact.day} {MONTHS[exact.month]} {exact.year}"
    # A page of tokens has 75 of them, and nothing in them comes from anybody.
    return SafeString(
        f'<time datetime="{iso}" title="{date} {iso[11:19]} UTC">{words(value)}</time>'
    )


@cache
def _no_time(absent):
    return format_html('<span class="muted">{}</span>', absent)


def _distance(value):
    gap = value - timezone.now()
    if abs(gap) >= FAR:
        return _date(value)
    # What was set a moment ago to end in a week ends in 7 days, not in 6.
    distance = abs(gap) + (ROUNDING if gap > timedelta() else timedelta())
    for length, unit in UNITS:
        count = distance // length
        if count:
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"in {words}" if gap > timedelta() else f"{words} ago"
    return "in a moment" if gap > timedelta() else "just now"


def _date(value):
    # date_format would take a tenth of the time of a page of tokens.
    zone = timezone.get_current_timezone()
    local, now = value.astimezone(zone), timezone.now().astimezone(zone)
    date = f"{local.day} {MONTHS[local.month]}"
    return date if local.year == now.year else f"{date} {local.year}"


def _moment(value):
    return date_format(timezone.localtime(value), "j M Y, H:i:s")
