"""Drawings of the calls of a token."""

from dataclasses import dataclass
from datetime import date

from django import template
from django.utils.html import format_html

from accounts.plurals import counted
from accounts.templatetags.accounts import icon
from tokens.rotation_progress import Progress

register = template.Library()

BAR, STEP, TALL = 2, 3, 20
# Out of a hundred: a single call among thousands is still to be seen.
LEAST = 4
DRAWING = (
    '<svg class="sparkline" role="img" viewBox="0 0 {width} {tall}" width="{width}" '
    'height="{tall}"><title>{words}</title>{quiet}{past}{today}</svg>'
)
SIZES = ((10**9, "G"), (10**6, "M"), (10**3, "k"))
PLACE_ICONS = {
    Progress.OLD: "exclamation-triangle",
    Progress.BOTH: "arrow-path",
    Progress.SILENT: "minus-circle",
    Progress.MOVED: "check-circle",
}


@register.simple_tag
def place_icon(place):
    return icon(PLACE_ICONS[place])


def sparkline(days):
    """Draw the last days small enough for a row, today at the right."""
    tallest = days.most.calls
    heights = [_height(day.calls, tallest, TALL, least=2) for day in days]
    bars = list(enumerate(heights))
    # A quiet day has a mark of its own, so that days can be counted.
    quiet = [(number, 1) for number, height in bars if not height]
    return format_html(
        DRAWING,
        width=STEP * len(bars) - STEP + BAR,
        tall=TALL,
        words=f"{counted(days.total, 'call')} in 14 days",
        quiet=_path("quiet", quiet),
        past=_path("past", [bar for bar in bars[:-1] if bar[1]]),
        today=_path("today", [bar for bar in bars[-1:] if bar[1]]),
    )


def _height(calls, tallest, whole, *, least):
    return max(round(whole * calls / tallest), least) if calls else 0


def _path(day, bars):
    """Return the path of bars as lines that are as wide as a bar, or nothing."""
    middle = BAR // 2
    lines = "".join(
        f"M{STEP * number + middle} {TALL}v-{height}" for number, height in bars
    )
    return lines and format_html('<path data-day="{}" d="{}"/>', day, lines)


@dataclass(frozen=True, slots=True)
class Bar:
    date: date
    calls: int
    height: int

    @property
    def short(self):
        return short(self.calls)

    @property
    def top(self):
        return 100 - self.height


def short(number):
    """Return a number in four characters at most, such as 1.2k, rounded down."""
    for size, letter in SIZES:
        if number >= size:
            whole, tenth = divmod(number * 10 // size, 10)
            return f"{whole}{letter}" if whole > 9 else f"{whole}.{tenth}{letter}"
    return str(number)


@register.inclusion_tag("tokens/_days.html")
def calls_by_day(days):
    """Draw the last days with their numbers."""
    return _bars(days) | {"span": "14 days", "each": ""}


@register.inclusion_tag("tokens/_days.html")
def calls_by_week(weeks):
    """Draw the last weeks with their numbers."""
    return _bars(weeks) | {"span": "90 days", "each": "Week from "}


def _bars(days):
    tallest = days.most.calls
    return {
        "days": days,
        "bars": [
            Bar(day.date, day.calls, _height(day.calls, tallest, 100, least=LEAST))
            for day in days
        ],
    }
