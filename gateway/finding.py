"""From what a client shows to the stored secret that it is."""

from math import inf

from django.db import connection

from sharing.tickets import read as read_ticket
from tokens.models import StoredSecret
from tokens.secrets import digests, recognise

LOOKUP = "SELECT id FROM tokens_storedsecret WHERE lookup IN ({})"
PLACEHOLDER = {"sqlite": "?", "postgresql": "%s"}
NOTHING = ()


def by_text(text):
    """Return (StoredSecret, inf), an empty tuple when it is unknown, None if malformed.

    Most of what is unknown is somebody's guess, so it costs one query past the ORM.
    """
    secret = recognise(text)
    if secret is None:
        return None
    lookups = digests(secret)
    marks = ",".join([PLACEHOLDER[connection.vendor]] * len(lookups))
    connection.ensure_connection()
    with connection.wrap_database_errors:
        found = connection.connection.execute(LOOKUP.format(marks), lookups).fetchone()
    return by_id(found[0], inf) if found else NOTHING


def by_ticket(text):
    """Return (StoredSecret, when the ticket ends), or None for what is no ticket."""
    ticket = read_ticket(text)
    if ticket is None:
        return None
    pk, until = ticket
    return by_id(pk, until.timestamp())


def by_id(pk, until):
    rows = StoredSecret.objects.select_related("token__account__organisation")
    row = rows.filter(pk=pk).first()
    return (row, until) if row else NOTHING
