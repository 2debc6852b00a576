"""Calls a minute of one token over all hosts.

Each host takes a part of them in advance, from a count that all hosts share, and gives
them out of its own memory. So most calls cost no question, and no more are let through
than the limit says; what a host has taken and does not use may be missing to others.
"""

import logging
from functools import partial

from django.db import DatabaseError, InterfaceError

from accounts.rate_limits import call_rates
from accounts.rate_limits.breaker import Breaker

# A host takes a fiftieth at a time.
PARTS = 50

logger = logging.getLogger(__name__)


class Leases:
    """The parts that this host takes, from the cache service where there is one."""

    def __init__(self):
        self._database = Breaker(
            (DatabaseError, InterfaceError),
            logger,
            "The database does not count the calls of limits (%s): until it does, each "
            "host counts for itself.",
        )

    def spend(self, key, most, now, count):
        """Count a call of a limit's minute; return whether it passes.

        Without a cache service `count` adds calls to what all hosts have taken, and returns
        that; it may raise a database's error.
        """
        key = f"{key} {most}"
        left = call_rates.counts.draw(key, now)
        return self._take(key, most, now, count) if left is None else left

    def _take(self, key, most, now, count):
        """Take a part, of which the call that asks is the first."""
        asked = max(1, most // PARTS)
        total = self._total(key, now, asked, count)
        own = call_rates.counts.give(key, now, asked)
        # It may have been away for a part of the minute, and then knows less.
        before = max(own, total or 0) - asked
        given = max(0, min(asked, most - before))
        if given != 1:
            call_rates.counts.put(key, now, max(given - 1, 0))
        return given > 0

    def _total(self, key, now, asked, count):
        if lease := getattr(call_rates.counts, "lease", None):
            return lease(key, now, asked)
        return self._database.ask(partial(count, asked))


leases = Leases()
