"""Which secrets have no MAC of ours: those of before, and those that moved in.

What has a MAC was made here. Of all other texts only these can be tokens, so each process
keeps a list of them in memory: 5 bytes of the digest of each, of which 3 take space. Who
is not on it is refused without a query. Where the list is not complete at this moment,
the database is asked.
"""

import time
from dataclasses import dataclass
from math import inf

from tokens.secrets import carries_mac, digests, has_mac, recognise

SHORT = 5
GROUPS = 4096
# How long a look may read on in what was there before, in seconds.
PATIENCE = 0.05
AT_ONCE = 5_000
# 120 MB with the space that grows ahead. Who has more asks the database.
MOST = 20_000_000
# SQLite would go over all rows by their ids.
ROWS = {
    "postgresql": "tokens_storedsecret WHERE NOT has_mac",
    "sqlite": "tokens_storedsecret INDEXED BY secret_without_mac WHERE has_mac = 0",
}
AFTER = (
    "SELECT id, substr(lookup, 1, 5) FROM {} AND id > {} ORDER BY id, lookup LIMIT {}"
)
LAST = "SELECT max(id) FROM {}"
# All transactions before the first are over; all that began have one before the second.
HORIZON = """
    SELECT pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmax(now)::text::bigint
    FROM pg_current_snapshot() AS now
"""


class ShortDigests:
    """A set of short digests, which takes one of 2,000 others for one of its own."""

    def __init__(self):
        self.count = 0
        self._groups = [bytearray() for _ in range(GROUPS)]

    def __len__(self):
        return self.count

    def add(self, short):
        self._groups[int.from_bytes(short[:2]) % GROUPS] += short[2:]
        self.count += 1

    def __contains__(self, digest):
        # What lies across two of them is found as well: that costs a query, once in long.
        return digest[2:SHORT] in self._groups[int.from_bytes(digest[:2]) % GROUPS]


@dataclass(frozen=True, slots=True)
class Listed:
    """All secrets without a MAC as they were at one moment: those of before, and new ones."""

    before: ShortDigests
    new: frozenset

    def __bool__(self):
        return bool(self.new or self.before)

    def __contains__(self, digest):
        return digest[:SHORT] in self.new or digest in self.before


class Reader:
    """Reads the list, a little at each look.

    Rows that nobody can add to any more are read once. Those after them are read at each
    look: of two transactions the one with the higher id may be the first to commit.
    """

    def __init__(self, vendor):
        self._rows = ROWS[vendor]
        self._horizon = HORIZONS[vendor]
        self._begin(None)

    def _begin(self, era):
        self._era = era
        self._before = ShortDigests()
        # The ids up to which rows are read for good, may be, and may be when the
        # transactions of before the horizon are over.
        self._read = self._final = self._next = 0
        self._next_horizon = inf

    def look(self, opened, era):
        """Return the Listed of now, or None while there is more to read.

        In another era of the database an id may be another row's. That rows get digests
        by another key changes nothing: whoever was told of the old ones has the old key.
        """
        if era != self._era:
            self._begin(era)
        self._settle(opened)
        self._read_final(opened)
        if self._read < self._final or len(self._before) > MOST:
            return None
        new = self._after(opened, self._read)
        if new and self._next == self._final:
            self._aim(opened)
        # As many as that may not be all.
        if len(new) == AT_ONCE:
            return None
        return Listed(self._before, frozenset(bytes(short) for _, short in new))

    @property
    def _has_more(self):
        return self._read < self._final and len(self._before) <= MOST

    def _after(self, opened, last):
        query = AFTER.format(self._rows, last, AT_ONCE)
        return opened.execute(query).fetchall()

    def _settle(self, opened):
        if self._next > self._final and self._horizon(opened)[0] >= self._next_horizon:
            self._final = self._next

    def _aim(self, opened):
        last = opened.execute(LAST.format(self._rows)).fetchone()[0]
        self._next = last or self._final
        # Asked for afterwards: whoever has a lower id is seen to be under way.
        self._next_horizon = self._horizon(opened)[1]

    def _read_final(self, opened):
        until = time.monotonic() + PATIENCE
        while self._has_more and time.monotonic() < until:
            rows = self._after(opened, self._read)
            final = [row for row in rows if row[0] <= self._final]
            for _, short in final:
                self._before.add(bytes(short))
            more = len(final) == AT_ONCE
            self._read = final[-1][0] if more else self._final


def _of_postgresql(opened):
    return opened.execute(HORIZON).fetchone()


def _of_sqlite(_opened):
    # Who writes is alone, so that rows are committed in the order of their ids.
    return 0, 0


HORIZONS = {"postgresql": _of_postgresql, "sqlite": _of_sqlite}


def may_exist(secret, listed):
    """Return whether a secret can be a token; `listed` is None where that is unknown."""
    if listed is None or carries_mac(secret):
        return True
    return bool(listed) and any(each in listed for each in digests(secret))


def read(text, listed):
    """Return the secret that a text may be, or None when it can be no token."""
    # Where nothing is listed the MAC says it all, and says it first.
    if listed is not None and not listed and not has_mac(text):
        return None
    secret = recognise(text)
    return secret if secret and may_exist(secret, listed) else None


class Latest:
    """The last word of the thread that watches the database."""

    def __init__(self):
        self.publish(None, -inf)

    def publish(self, listed, until):
        """Go by a Listed until a moment on the monotonic clock."""
        self._told = listed, until

    @property
    def listed(self):
        """The Listed of now, or None where that is not known."""
        listed, until = self._told
        return listed if time.monotonic() < until else None

    def allows(self, secret):
        """Return whether a secret can be a token."""
        return may_exist(secret, self.listed)


latest = Latest()
