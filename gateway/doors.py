"""What a gateway may ask about, and where clients of each door put their token."""

from base64 import b64decode
from dataclasses import dataclass
from urllib.parse import unquote

from django.http import parse_cookie

from accounts.models import LOG_KINDS, AccountKind
from sharing.tickets import COOKIE
from tokens.permissions import Use


@dataclass(frozen=True, slots=True)
class Door:
    """A signal that a gateway guards.

    `uses` open it; `kinds` are those of the accounts that are read behind it, empty
    for a door that only the token's own account is behind.
    """

    number: int
    uses: frozenset
    kinds: tuple = ()
    takes_tickets: bool = False


def _door(number, *uses, **more):
    return Door(number, frozenset(uses), **more)


ASK = _door(0, Use.ASK)
DOORS = {
    "logs": _door(1, Use.SHIP_LOGS),
    "metrics": _door(2, Use.SHIP_METRICS),
    "traces": _door(3, Use.SHIP_TRACES),
    "query-logs": _door(
        4, Use.API, Use.READ_SHARED, kinds=LOG_KINDS, takes_tickets=True
    ),
    "query-metrics": _door(5, Use.API, kinds=(AccountKind.METRICS,)),
    "query-traces": _door(6, Use.API, kinds=(AccountKind.TRACING,)),
    "api": _door(7, Use.API, kinds=tuple(AccountKind)),
}
SIGNALS = {door.number: signal for signal, door in DOORS.items()}


def token_in(environ):
    """Return the text that a client shows as its token, or an empty one.

    The listener protocol's `?token=` comes in X-Tollgate-Token, which proxies set
    themselves. Basic authentication (RFC 7617) carries it as the password, or as the
    name when the password is left empty.
    """
    handed_over = environ.get("HTTP_X_TOLLGATE_TOKEN")
    if handed_over:
        return unquote(handed_over)
    shown = environ.get("HTTP_X_API_TOKEN")
    if shown:
        return shown
    scheme, _, credentials = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    read = SCHEMES.get(scheme.lower())
    return read(credentials.strip()) if read else ""


def _basic(credentials):
    try:
        name, _, password = b64decode(credentials, validate=True).partition(b":")
    except ValueError:
        return ""
    return (password or name).decode("latin-1")


SCHEMES = {"bearer": str, "basic": _basic}


def ticket_in(environ):
    """Return the ticket of a share link's visitor, or an empty text."""
    header = environ.get("HTTP_COOKIE", "")
    return parse_cookie(header).get(COOKIE, "") if header else ""
