"""Watching the database: whether what a process remembers may still be true."""

import logging
import time
from dataclasses import dataclass, replace
from hashlib import blake2b
from math import inf
from struct import Struct

from django.db import connection

from accounts.audit.generations import BITS, ORGANISATION_SLOTS
from accounts.crypto.keys import keyring
from accounts.postgresql import Connection, hasten, pulse
from gateway.verify.clock_skew import DatabaseTime, OwnTime
from tokens.without_mac import Listed, Reader

POLL_SECONDS = 0.25
# A change that was acknowledged this long ago has certainly been seen.
FRESH_SECONDS = 0.7
# No poll for that long, and the database counts as away.
AWAY_SECONDS = 2.0
# A poll that waits longer fails, so that known tokens need not wait for it.
POLL_PATIENCE = 0.4
GENERATIONS = "SELECT slot, number FROM accounts_generation"
INDEX_KEYS = (
    "SELECT kid FROM accounts_cryptokey"
    " WHERE purpose = 'index' AND retired_at IS NULL ORDER BY kid"
)
# Which database this is, on which timeline, and what its clock says. On a standby it
# fails, as it should: what that knows may be old.
STATE = """
SELECT system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
    extract(epoch FROM clock_timestamp())::float8
FROM pg_control_system()
"""
# Where a hoster keeps that to itself: no two servers started in the same microsecond.
STATE_WITHOUT_NAME = """
SELECT pg_postmaster_start_time()::text, '', extract(epoch FROM clock_timestamp())::float8
"""
# Of PostgreSQL, in seconds to connect and in milliseconds until what was sent is received.
PATIENCE = {"connect_timeout": 2, "tcp_user_timeout": 2000}
NEVER = (0,) * (ORGANISATION_SLOTS + 1)
ORDERED = Struct(f">{len(NEVER)}Q")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The generations as they stood at `seen_at`, on the monotonic clock.

    They are of before anything that a query brings that begins now: what is remembered
    from it together with them is forgotten when something changed in between. `total`
    is another one as soon as any of them is; both are others in another database.
    """

    numbers: tuple = NEVER
    total: int = 0
    seen_at: float = -inf
    failed: bool = False
    # What to add to this host's time.
    offset: float = 0.0
    # Whether rows may be found by a key that this process does not have.
    lacks_key: bool = False
    # What is begun in one era of the database is not believed in the next.
    era: int = 0
    # Database and timeline, where there can be others.
    identity: tuple = ()
    # All secrets without a MAC; None where that is not known.
    listed: Listed | None = None

    def is_away(self, now):
        """Whether the database does not answer, and asking it would only take time."""
        late = now - self.seen_at > AWAY_SECONDS
        return self.failed or (late and self.seen_at > 0)


class Watcher:
    """Polls the database from a thread of its own, over its own connection."""

    def __init__(self, connect=None):
        self.snapshot = Snapshot()
        self._connect = connect or open_connection
        self._connection = None
        self._server = None
        self._mark = None
        self._reader = Reader(connection.vendor)

    def poll(self):
        """Look once; on failure what was seen before stays, marked as failed."""
        try:
            self.snapshot = self._look()
        except connection.Database.Error as error:
            self._give_up(error)

    def _look(self):
        if pulse.is_overtaken:
            pulse.is_overtaken = False
            self.close()
        seen_at = time.monotonic()
        is_new = self._connection is None
        if is_new:
            self._connection = self._connect()
        if self._server is None:
            self._server = SERVERS[connection.vendor](self._connection)
        identity, offset = self._server.look(self._connection)
        mark = digest(identity) >> 64 - BITS if identity else 0
        if self._mark is not None and (is_new or mark != self._mark):
            end_era()
        self._mark = mark
        numbers = self._generations(mark)
        keys = [kid for (kid,) in self._connection.execute(INDEX_KEYS).fetchall()]
        lacks_key = not keyring("index").keys.keys() >= set(keys)
        listed = self._reader.look(self._connection, pulse.era)
        return Snapshot(
            numbers,
            digest(keys, ORDERED.pack(*numbers)),
            seen_at,
            offset=offset,
            lacks_key=lacks_key,
            era=pulse.era,
            identity=identity,
            # Who lacks a key cannot tell what was made with it.
            listed=None if lacks_key else listed,
        )

    def _generations(self, mark):
        numbers = list(NEVER)
        for slot, number in self._connection.execute(GENERATIONS).fetchall():
            numbers[slot] = number
        return tuple(number ^ mark for number in numbers)

    def identify(self, opened):
        """Return which database and timeline a connection leads to."""
        return self._server.identify(opened)

    def _give_up(self, error):
        if not self.snapshot.failed:
            logger.error("The gateway cannot reach the database: %s", error)
        self.close()
        self.snapshot = replace(self.snapshot, failed=True)

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def digest(told, more=b""):
    """Return a number of 64 bits, the same one in each process and on each host."""
    made = blake2b(repr(told).encode() + more, digest_size=8).digest()
    return int.from_bytes(made)


def end_era():
    """Let this process use no connection any more that it has until now."""
    pulse.era += 1
    # Those that are in use are closed when they come back. SQLite has no pool.
    if pool := getattr(connection, "pool", None):
        pool.drain()


class PostgreSQL:
    """A PostgreSQL server's identity: its system and its timeline."""

    def __init__(self, opened):
        self._time = DatabaseTime()
        self._state = STATE
        self._latest = "", ""
        try:
            opened.execute(STATE)
        except (
            connection.Database.ProgrammingError,
            connection.Database.NotSupportedError,
        ) as error:
            logger.warning("The database does not tell which one it is: %s", error)
            self._state = STATE_WITHOUT_NAME

    def look(self, opened):
        """Return database and timeline, and what to add to our time."""
        before = time.time()
        *name, theirs = opened.execute(self._state).fetchone()
        self._require_latest(*name)
        offset = self._time.read(before, theirs, time.time())
        return tuple(name), offset

    def _require_latest(self, system, timeline):
        """Raise OperationalError where a failover has left the server behind."""
        seen_system, seen_timeline = self._latest
        if system == seen_system and timeline < seen_timeline:
            raise connection.Database.OperationalError(
                f"a server of before a failover answers, on timeline {timeline}"
            )
        self._latest = system, timeline

    def identify(self, opened):
        *name, _ = opened.execute(self._state).fetchone()
        return tuple(name)


class SQLite:
    """A file: there is one of it, and it has no clock."""

    def __init__(self, _opened):
        self._time = OwnTime()

    def look(self, _opened):
        return (), self._time.read()


SERVERS = {"postgresql": PostgreSQL, "sqlite": SQLite}


def open_connection():
    """Return a connection that belongs to no pool and commits by itself.

    It gives up soon: a poll that waits is worse than one that fails.
    """
    parameters = connection.get_connection_params()
    if connection.vendor == "sqlite":
        return connection.Database.connect(**parameters | {"timeout": POLL_PATIENCE})
    parameters |= {"autocommit": True} | PATIENCE
    hasten(parameters, 500)
    opened = Connection.connect(**parameters)
    opened.patience = POLL_PATIENCE
    return opened
