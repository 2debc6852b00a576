"""Asking what may be away, without each call waiting for it: a circuit breaker."""

import time

from accounts.web.logs import Seldom

# While it is away it is asked this seldom, so that a hanging one holds up few calls.
AWAY_SECONDS = 5


class Breaker:
    """Asks something, and after one of `failures` not again for a while.

    The log is told `complaint`, which has a place for the error, now and then.
    """

    def __init__(self, failures, logger, complaint):
        self._failures, self._complaint = failures, complaint
        self._complaints = Seldom(logger)
        self._asked_again_at = 0

    def ask(self, question):
        """Return what a question returns, or None while nobody is asked."""
        if time.monotonic() < self._asked_again_at:
            return None
        try:
            return question()
        except self._failures as error:
            self._asked_again_at = time.monotonic() + AWAY_SECONDS
            self._complaints.warn(self._complaint, error)
            return None
