"""Tickets: a visitor of a share link comes in with one once its secret was shown.

A ticket is a signed cookie that names the stored secret, never its text. Whoever is
shown one looks that row up, so it dies with the secret, the token or the account.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core import signing

from accounts.clock import clock

TICKET_COOKIE = "tollgate_share"
SALT = "tollgate.share"


class Ticket(NamedTuple):
    """The content of a ticket: the stored secret's id and birth, and when it ends."""

    secret_id: int
    born: int
    until: datetime


def issue(row, until, page=""):
    """Return a ticket for a StoredSecret.

    `page` is the public id of the link that it was given out at.
    """
    return _signer().sign(f"{row.pk}:{row.born}:{int(until.timestamp())}:{page}")


def read(text, page=None):
    """Return the Ticket that a text is, or None when it is not good.

    With a `page`, a ticket that was given out at another link is not good either.
    """
    try:
        row, born, until, given_at = _signer().unsign(text).split(":", 3)
    # The last is of one from before tickets told the birth.
    except (signing.BadSignature, UnicodeEncodeError, ValueError):
        return None
    until = datetime.fromtimestamp(int(until), UTC)
    if until <= clock.now() or page not in (None, given_at):
        return None
    return Ticket(int(row), int(born), until)


def lasts_until(row):
    """Return when a ticket for a StoredSecret ends: soon, and never after its link."""
    ends = [row.token.expires_at, row.valid_until]
    soon = clock.now() + timedelta(minutes=settings.SHARE_TICKET_MINUTES)
    return min(end for end in (soon, *ends) if end)


def _signer():
    return signing.Signer(salt=SALT)
