"""Calls of the current minute over all hosts, in the database, where nothing else does it.

A host counts in its own memory, and tells the database of each twentieth of a limit that
it has let through; the answer says what the others have. So most calls cost no question,
and hosts together let a few of a hundred too many through: one twentieth for each other.
"""

import logging
import time
from functools import partial

from django.db import DatabaseError, InterfaceError, connection

from accounts.models.call_counts import add
from accounts.rate_limits.breaker import Breaker
from accounts.rate_limits.shared_counts import MINUTE, SharedCounts, digest_of

PARTS, LEAST_PART = 20, 3
# Of whom each number is one of a token; the others are strangers.
TOKENS = 0, 1
SLOT_BITS = 48
STRANGERS = 1 << 16
# Of strangers, in a second and process: a flood of them is none at the database.
MOST_TOLD = 20

logger = logging.getLogger(__name__)


class CountsInDatabase(SharedCounts):
    def __init__(self, file=None):
        super().__init__(file)
        self._second = self._told = 0
        self._database = Breaker(
            (DatabaseError, InterfaceError),
            logger,
            "The database does not count calls (%s): until it does, each host counts "
            "for itself.",
        )

    def count(self, section, key, now, quota):
        """Count a call and return how many there were on all hosts, as far as is known."""
        own = self.add(section, key, now)
        name = f"{section} {key}"
        others = self.others(name, now)
        part = max(LEAST_PART, quota // PARTS)
        if own + others > quota + part or not self._may_tell(section):
            return own + others
        if untold := self.untold(name, now, own, part):
            others = self._tell(section, key, now, untold, own, others)
            self.note_others(name, now, others)
        return own + others

    def _may_tell(self, section):
        return section in TOKENS or self._told < MOST_TOLD or self._is_new_second()

    def _is_new_second(self):
        second = int(time.monotonic())
        is_new, self._second = second != self._second, second
        if is_new:
            self._told = 0
        return is_new

    def _tell(self, section, key, now, untold, own, others):
        """Tell the database of calls; return how many other hosts had, or what is known."""
        total = self._database.ask(partial(self._add, section, key, now, untold))
        return others if total is None else max(others, total - own)

    def _add(self, section, key, now, calls):
        self._told += section not in TOKENS
        return add(connection, slot_of(section, key), int(now) // MINUTE, calls)


def slot_of(section, key):
    number = int(key) if section in TOKENS else digest_of(key) % STRANGERS
    return section << SLOT_BITS | number
