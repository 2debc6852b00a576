"""Until when a request may wait for the database, and what it may have changed there.

There is one deadline for all that a request asks, and not one for each statement: what
is left of it is what the next one may take. Commands and background threads have none.
"""

import threading
import time
from contextlib import contextmanager
from math import inf

from django.db import Error

from accounts.rule_violations import Unavailable

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


def database_away():
    """Return what is said of a request whose database does not answer."""
    if request_deadline.unsettled:
        return Unavailable("outcome_unknown", UNKNOWN)
    return Unavailable("unavailable", UNCHANGED)


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
