"""Watching the generations: whether what a process remembers may still be true."""

import logging
import time
from dataclasses import dataclass
from math import inf

from django.db import connection

from accounts.generations import ORGANISATION_SLOTS

POLL_SECONDS = 0.25
# A change that was acknowledged this long ago has certainly been seen.
FRESH_SECONDS = 0.7
# No poll for that long, and the database counts as away.
AWAY_SECONDS = 2.0
QUERY = "SELECT slot, number FROM accounts_generation"
# Of PostgreSQL, in seconds to connect and in milliseconds until what was sent is received.
# Without the second, a poll of a server that vanished would wait for many minutes.
PATIENCE = {"connect_timeout": 2, "tcp_user_timeout": 2000}
NEVER = (0,) * (ORGANISATION_SLOTS + 1)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sight:
    """The generations as they stood at `seen_at`, on the monotonic clock.

    They are of before anything that a query brings that begins now: what is remembered
    from it together with them is forgotten when something changed in between.
    """

    numbers: tuple = NEVER
    total: int = 0
    seen_at: float = -inf
    failed: bool = False

    def is_fresh(self, now):
        return now - self.seen_at < FRESH_SECONDS

    def is_away(self, now):
        """Whether the database does not answer, and asking it would only take time."""
        late = now - self.seen_at > AWAY_SECONDS
        return self.failed or (late and self.seen_at > 0)


class Watcher:
    """Polls the generations from a thread of its own, over its own connection."""

    def __init__(self, connect=None):
        self.sight = Sight()
        self._connect = connect or open_connection
        self._connection = None

    def poll(self):
        """Look once; on failure what was seen before stays, marked as failed."""
        seen_at = time.monotonic()
        try:
            rows = self._rows()
        except connection.Database.Error as error:
            self._give_up(error)
            return
        numbers = list(NEVER)
        for slot, number in rows:
            numbers[slot] = number
        self.sight = Sight(tuple(numbers), sum(numbers), seen_at)

    def _rows(self):
        if self._connection is None:
            self._connection = self._connect()
        return self._connection.execute(QUERY).fetchall()

    def _give_up(self, error):
        before = self.sight
        if not before.failed:
            logger.error("The gateway cannot reach the database: %s", error)
        self.close()
        self.sight = Sight(before.numbers, before.total, before.seen_at, failed=True)

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def open_connection():
    """Return a connection that belongs to no pool and commits by itself.

    It gives up soon: a poll that waits is worse than one that fails.
    """
    parameters = connection.get_connection_params()
    if connection.vendor == "postgresql":
        parameters |= {"autocommit": True} | PATIENCE
        parameters["options"] = (
            f"{parameters.get('options', '')} -c statement_timeout=500"
        )
    return connection.Database.connect(**parameters)
