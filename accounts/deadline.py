"""Until when a request may wait for the database, and what it may have changed there.

There is one deadline for all that a request asks, and not one for each statement: what
is left of it is what the next one may take. Commands and background threads have none.
"""

import logging
import threading
import time
from contextlib import contextmanager
from math import inf

from django.db import Error

from accounts.rule_violations import Unavailable
from accounts.web.logs import Seldom

# Seconds from a request's arrival. Who changes something is told within two.
CHANGING_SECONDS = 1.6
READING_SECONDS = 5.0
READING = ("GET", "HEAD", "OPTIONS")
CHANGES = ("INSERT", "UPDATE", "DELETE")
UNCHANGED = "The database does not answer. Nothing was changed; try again."
UNKNOWN = (
    "The database does not answer any more, so nobody knows whether this was done. "
    "Look before you try again."
)
FULL = Unavailable(
    "storage_full",
    "The disk of the database is full. Nothing was changed; try again when there is room.",
)
READ_ONLY = Unavailable(
    "read_only",
    "The database takes no changes right now. Nothing was changed; try again.",
)
# What SQLite (its primary code) and PostgreSQL (SQLSTATE) say of a change.
TAKES_NONE = {13: FULL, 8: READ_ONLY, "53100": FULL, "25006": READ_ONLY}

log = Seldom(logging.getLogger(__name__))


class RequestDeadline(threading.local):
    """Until when this thread works for a request: `ends_at`, on the monotonic clock.

    The request is `unsettled` once something was changed, or was on its way to be when the
    database was lost: from then on no answer may say that nothing was.
    """

    ends_at = inf
    unsettled = False

    @contextmanager
    def running(self, method, arrived_at):
        seconds = READING_SECONDS if method in READING else CHANGING_SECONDS
        self.ends_at, self.unsettled = arrived_at + seconds, False
        try:
            yield
        finally:
            self.ends_at, self.unsettled = inf, False

    @property
    def seconds_left(self):
        return self.ends_at - time.monotonic()


request_deadline = RequestDeadline()


def database_away(error):
    """Return what is said of a request whose database does not answer, or takes no changes."""
    log.warn("The database could not be used: %s", error)
    if request_deadline.unsettled:
        return Unavailable("outcome_unknown", UNKNOWN)
    return TAKES_NONE.get(_code(error)) or Unavailable("unavailable", UNCHANGED)


def _code(error):
    cause = error.__cause__
    in_sqlite = getattr(cause, "sqlite_errorcode", None)
    # Its upper bytes say more than is asked.
    return getattr(cause, "sqlstate", None) if in_sqlite is None else in_sqlite & 0xFF


class Settling:
    """Part of a database's backend: it notes what a request may have changed."""

    def __init__(self, settings_dict, alias):
        super().__init__(settings_dict, alias)
        self.execute_wrappers.append(_execute)

    def knows_nothing(self):
        """Whether an error leaves open what became of a commit."""
        return False

    def hurry(self):
        """Let what is about to change something wait no longer than there is time."""

    def _commit(self):
        with _settling(self):
            super()._commit()


def _execute(execute, sql, params, many, context):
    database = context["connection"]
    if database.in_atomic_block or not sql.startswith(CHANGES):
        return execute(sql, params, many, context)
    # It commits by itself.
    database.hurry()
    with _settling(database):
        return execute(sql, params, many, context)


@contextmanager
def _settling(database):
    before, request_deadline.unsettled = (
        request_deadline.unsettled,
        request_deadline.ends_at < inf,
    )
    try:
        yield
    except Error:
        request_deadline.unsettled = before or database.knows_nothing()
        raise
