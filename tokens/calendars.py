"""The calendar of a person: the ends of the tokens that they look after."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.urls import reverse

from accounts import mail
from accounts.clock import clock
from tokens.endings import ended_by_policy
from tokens.icalendar import content_lines, moment, text
from tokens.kind_pages import page_of
from tokens.models import PlannedEnd, Token
from tokens.models.policies import Cause

# Ends stay in the calendar for a while, as its other days do.
KEPT = timedelta(days=30)
MOST_EVENTS = 1000


def address(secret):
    """Return the whole address of a feed."""
    page = mail.link(reverse("tokens:calendar_feed"))
    return f"{page}?key={secret.reveal()}"


class CalendarEnd(NamedTuple):
    """When a token ends, and the PlannedEnd of a policy where that is why."""

    moment: datetime
    token: Token
    planned: PlannedEnd | None = None


def ends_in(feed):
    """Return the Ends that a feed has, the first one first."""
    seen = Token.objects.seen_from(feed.account, feed.user).filter(disabled_at=None)
    tokens = seen.select_related("account")
    expiring = tokens.filter(expires_at__gt=clock.now() - KEPT)
    planned = tokens.filter(ended_by_policy()).select_related("planned_end")
    found = [
        CalendarEnd(token.expires_at, token)
        for token in expiring.order_by("expires_at", "pk")[:MOST_EVENTS]
    ]
    found += [
        CalendarEnd(token.planned_end.ends_at, token, token.planned_end)
        for token in planned.order_by("planned_end__ends_at", "pk")[:MOST_EVENTS]
    ]
    return sorted(found, key=lambda end: (end.moment, end.token.pk))[:MOST_EVENTS]


def calendar(feed):
    """Return a feed as the bytes of an iCalendar file."""
    return content_lines(_calendar(feed))


def _calendar(feed):
    name = text(f"Token ends · {feed.account.name}")
    yield from (("BEGIN", "VCALENDAR"), ("VERSION", "2.0"))
    yield "PRODID", "-//Tollgate//Token ends//EN"
    yield from (("NAME", name), ("X-WR-CALNAME", name))
    yield "REFRESH-INTERVAL;VALUE=DURATION", "PT6H"
    for end in ends_in(feed):
        yield from _event(end)
    yield "END", "VCALENDAR"


def _event(end):
    token = end.token
    page = mail.link(page_of(token))
    yield "BEGIN", "VEVENT"
    # The same for good, whatever the token is renamed to, and in no other calendar.
    cause = "-policy" if end.planned else ""
    born = f"{token.created_at:%Y%m%dT%H%M%S%f}"
    yield "UID", f"{token.pk}-{born}{cause}@token.tollgate"
    yield "DTSTAMP", moment(_changed(end))
    yield "SEQUENCE", token.version
    yield "DTSTART", moment(end.moment)
    what = "is disabled by a policy" if end.planned else "ends"
    yield "SUMMARY", text(f"{token.name} of {token.account.name} {what}")
    yield "DESCRIPTION", text(f"{token.get_kind_display()}. {_advice(end)}: {page}")
    yield "URL", page
    yield "TRANSP", "TRANSPARENT"
    yield "END", "VEVENT"


def _changed(end):
    changed = end.token.updated_at
    planned = end.planned
    return (
        max(changed, planned.announced_at or planned.planned_at) if planned else changed
    )


def _advice(end):
    if end.planned is None:
        return "Set its expiry"
    if end.planned.cause == Cause.UNUSED:
        return "Nobody has used it for long. Use it to keep it"
    return "It does not keep to the policy. See what it asks for"
