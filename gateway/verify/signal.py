"""Signals that a gateway guards, and where their clients put a token."""

from dataclasses import dataclass
from urllib.parse import unquote

from accounts.models import LOG_KINDS, AccountKind
from accounts.scopes import EVERYTHING_SCOPE
from accounts.web.cookies import only
from sharing.tickets import TICKET_COOKIE
from tokens.permissions import Use
from tokens.request_headers import token_in as shown_in


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal that a gateway guards.

    `uses` open it; `kinds` are those of the accounts that are read behind it, empty
    for a signal that only the token's own account is behind. `judges_queries`: a shared
    token passes only with a query that the proxy hands over. `scope` is the one that an
    API token needs.
    """

    number: int
    uses: frozenset
    kinds: tuple = ()
    takes_tickets: bool = False
    judges_queries: bool = False
    scope: str = ""

    @property
    def ships(self):
        """Whether programs send to it, and no browser ever opens it."""
        return self.uses <= SHIPPING_USES


SHIPPING_USES = {Use.SHIP_LOGS, Use.SHIP_METRICS, Use.SHIP_TRACES}


def _signal(number, *uses, **more):
    return Signal(number, frozenset(uses), **more)


ASK = _signal(0, Use.ASK)
SIGNALS = {
    "logs": _signal(1, Use.SHIP_LOGS),
    "metrics": _signal(2, Use.SHIP_METRICS),
    "traces": _signal(3, Use.SHIP_TRACES),
    "query-logs": _signal(
        4,
        Use.API,
        Use.READ_SHARED,
        kinds=LOG_KINDS,
        takes_tickets=True,
        scope="logs:read",
    ),
    "query-metrics": _signal(
        5, Use.API, kinds=(AccountKind.METRICS,), scope="metrics:read"
    ),
    "query-traces": _signal(
        6, Use.API, kinds=(AccountKind.TRACING,), scope="traces:read"
    ),
    # Whether a call only reads, somebody else's API alone knows.
    "api": _signal(7, Use.API, kinds=tuple(AccountKind), scope=EVERYTHING_SCOPE),
    "query-logsql": _signal(
        8,
        Use.API,
        Use.READ_SHARED,
        kinds=LOG_KINDS,
        takes_tickets=True,
        judges_queries=True,
        scope="logs:read",
    ),
}
SIGNAL_NAMES = {signal.number: signal_name for signal_name, signal in SIGNALS.items()}


def token_in(environ):
    """Return the text that a client shows as its token, or an empty one.

    The listener protocol's `?token=` comes in X-Tollgate-Token, which proxies set
    themselves.
    """
    handed_over = environ.get("HTTP_X_TOLLGATE_TOKEN")
    return unquote(handed_over) if handed_over else shown_in(environ)


def ticket_in(environ):
    """Return the ticket of a share link's visitor, or an empty text."""
    return only(environ.get("HTTP_COOKIE", ""), TICKET_COOKIE)
