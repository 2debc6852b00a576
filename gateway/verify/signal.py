"""What a gateway may ask about, and where clients of each door put their token."""

from dataclasses import dataclass
from urllib.parse import unquote

from accounts.models import LOG_KINDS, AccountKind
from accounts.web.cookies import only
from sharing.tickets import COOKIE
from tokens.credentials import token_in as shown_in
from tokens.permissions import Use


@dataclass(frozen=True, slots=True)
class Door:
    """A signal that a gateway guards.

    `uses` open it; `kinds` are those of the accounts that are read behind it, empty
    for a door that only the token's own account is behind. `judges_queries`: a shared
    token passes only with a query that the proxy hands over.
    """

    number: int
    uses: frozenset
    kinds: tuple = ()
    takes_tickets: bool = False
    judges_queries: bool = False

    @property
    def ships(self):
        """Whether programs send to it, and no browser ever opens it."""
        return self.uses <= SHIPPING


SHIPPING = {Use.SHIP_LOGS, Use.SHIP_METRICS, Use.SHIP_TRACES}


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
    "query-logsql": _door(
        8,
        Use.API,
        Use.READ_SHARED,
        kinds=LOG_KINDS,
        takes_tickets=True,
        judges_queries=True,
    ),
}
SIGNALS = {door.number: signal for signal, door in DOORS.items()}


def token_in(environ):
    """Return the text that a client shows as its token, or an empty one.

    The listener protocol's `?token=` comes in X-Tollgate-Token, which proxies set
    themselves.
    """
    handed_over = environ.get("HTTP_X_TOLLGATE_TOKEN")
    return unquote(handed_over) if handed_over else shown_in(environ)


def ticket_in(environ):
    """Return the ticket of a share link's visitor, or an empty text."""
    return only(environ.get("HTTP_COOKIE", ""), COOKIE)
