"""What a person's calendar fetches: the ends of the tokens that they look after."""

from datetime import timedelta

from django.urls import reverse

from accounts import mail
from accounts.clock import clock
from tokens.icalendar import content_lines, moment, text
from tokens.kind_pages import page_of
from tokens.models import Token

# Ends stay in the calendar for a while, as its other days do.
KEPT = timedelta(days=30)
MOST_EVENTS = 1000


def address(secret):
    """Return the whole address of a feed."""
    page = mail.link(reverse("tokens:calendar_feed"))
    return f"{page}?key={secret.reveal()}"


def tokens_in(feed):
    """Return the tokens whose end a feed has, the first end first."""
    tokens = Token.objects.seen_from(feed.account, feed.user).filter(
        disabled_at=None, expires_at__gt=clock.now() - KEPT
    )
    return tokens.select_related("account").order_by("expires_at", "pk")[:MOST_EVENTS]


def calendar(feed):
    """Return a feed as the bytes of an iCalendar file."""
    return content_lines(_calendar(feed))


def _calendar(feed):
    name = text(f"Token ends · {feed.account.name}")
    yield from (("BEGIN", "VCALENDAR"), ("VERSION", "2.0"))
    yield "PRODID", "-//Tollgate//Token ends//EN"
    yield from (("NAME", name), ("X-WR-CALNAME", name))
    yield "REFRESH-INTERVAL;VALUE=DURATION", "PT6H"
    for token in tokens_in(feed):
        yield from _event(token)
    yield "END", "VCALENDAR"


def _event(token):
    page = mail.link(page_of(token))
    yield "BEGIN", "VEVENT"
    # The same for good, whatever the token is renamed to, and in no other calendar.
    yield "UID", f"{token.pk}-{token.created_at:%Y%m%dT%H%M%S%f}@token.tollgate"
    yield "DTSTAMP", moment(token.updated_at)
    yield "SEQUENCE", token.version
    yield "DTSTART", moment(token.expires_at)
    yield "SUMMARY", text(f"{token.name} of {token.account.name} ends")
    yield "DESCRIPTION", text(f"{token.get_kind_display()}. Set its expiry: {page}")
    yield "URL", page
    yield "TRANSP", "TRANSPARENT"
    yield "END", "VEVENT"
