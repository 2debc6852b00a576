"""Drawings of the calls of a token."""

from dataclasses import dataclass
from datetime import date

from django import template

from accounts.templatetags.accounts import icon
from tokens.rotation_progress import Progress

register = template.Library()

BAR, STEP, TALL = 2, 3, 20
# Out of a hundred: a single call among thousands is still to be seen.
LEAST = 4
PLACE_ICONS = {
    Progress.OLD: "exclamation-triangle",
    Progress.BOTH: "arrow-path",
    Progress.SILENT: "minus-circle",
    Progress.MOVED: "check-circle",
}


@register.simple_tag
def place_icon(place):
    return icon(PLACE_ICONS[place])


@register.inclusion_tag("tokens/sparkline.html")
def sparkline(days):
    """Draw the last days small enough for a row, today at the right."""
    tallest = days.most.calls
    heights = [_height(day.calls, tallest, TALL, least=2) for day in days]
    bars = list(enumerate(heights))
    return {
        "total": days.total,
        "width": STEP * len(bars) - STEP + BAR,
        "tall": TALL,
        "past": _path(bar for bar in bars[:-1] if bar[1]),
        "today": _path(bar for bar in bars[-1:] if bar[1]),
        # A quiet day has a mark of its own, so that days can be counted.
        "quiet": _path((number, 1) for number, height in bars if not height),
    }


def _height(calls, tallest, whole, *, least):
    return max(round(whole * calls / tallest), least) if calls else 0


def _path(bars):
    return "".join(
        f"M{STEP * number} {TALL}v-{height}h{BAR}v{height}z" for number, height in bars
    )


@dataclass(frozen=True, slots=True)
class Bar:
    date: date
    calls: int
    height: int

    @property
    def top(self):
        return 100 - self.height


@register.inclusion_tag("tokens/days.html")
def calls_by_day(days):
    """Draw the last days with their numbers."""
    tallest = days.most.calls
    return {
        "days": days,
        "bars": [
            Bar(day.date, day.calls, _height(day.calls, tallest, 100, least=LEAST))
            for day in days
        ],
    }
