"""From what a client shows to the stored secret that it is."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import inf

from accounts.prepared import Prepared
from sharing.tickets import read as read_ticket
from tokens.models import StoredSecret
from tokens.secrets import digests
from tokens.without_mac import read as read_token

LOOKUP = "SELECT id FROM tokens_storedsecret WHERE lookup IN ({})"
PLACEHOLDER = {"sqlite": "?", "postgresql": "%s"}


@dataclass(frozen=True, slots=True)
class Credential:
    """A caller's credential: a token, or the ticket of a link.

    `read` takes a text and the Listed of now, if that is known, and returns what the text
    may be, or None when it cannot be anything; `find` takes Django's connection and this,
    and returns the StoredSecret that it is and until when (seconds since 1970) it may be
    shown, or None when there is no such row.
    """

    read: Callable
    find: Callable


def _find_secret(database, secret):
    # Most of what is not known is somebody's guess, so it costs one query past the ORM.
    lookups = digests(secret)
    query = _lookup(database.vendor, len(lookups))
    if database.connection is None:
        database.ensure_connection()
    with database.wrap_database_errors:
        found = database.connection.execute(query, lookups).fetchone()
    return _find_row(found[0], inf) if found else None


@lru_cache
def _lookup(vendor, keys):
    return LOOKUP.format(",".join([PLACEHOLDER[vendor]] * keys))


def _find_ticket(_database, ticket):
    pk, born, until = ticket
    found = _find_row(pk, until.timestamp())
    return found if found and found[0].born == born else None


def _find_row(pk, until):
    row = WITH_TOKEN.first(pk)
    return row and (row, until)


def _with_token(pk):
    rows = StoredSecret.objects.select_related("token__account__organisation")
    return rows.filter(pk=pk)


WITH_TOKEN = Prepared(_with_token)
BY_TOKEN = Credential(read_token, _find_secret)
BY_TICKET = Credential(lambda text, _: read_ticket(text), _find_ticket)
