"""How far this host's own clock is away from the time that counts."""

import logging
import time

# A jump of the clock that is logged.
JUMP_SECONDS = 5.0
# A clock that goes back further was wrong before.
HELD_SECONDS = 2 * 60 * 60.0
SKEW_TOLD_EVERY = 60.0

logger = logging.getLogger(__name__)


class DatabaseTime:
    """The database's clock, as its answers to one question tell it."""

    def __init__(self):
        self.offset = 0.0

    def read(self, before, theirs, after):
        """Take a reading of theirs between two of ours; return what to add to ours.

        The clock was read at some moment in between. What was added so far stays as
        long as it may be right, so that slow answers do not shake it.
        """
        least, most = theirs - after, theirs - before
        if not least <= self.offset <= most:
            self.offset = (least + most) / 2
        return self.offset


class OwnTime:
    """The host's own clock, where there is no other, held while it goes back.

    Otherwise what has expired would be good again.
    """

    def __init__(self):
        self._latest = 0.0

    def read(self):
        """Return what to add to the host's clock now."""
        now = time.time()
        if now >= self._latest or self._latest - now > HELD_SECONDS:
            self._latest = now
        return self._latest - now


class Jumps:
    """Tells of jumps of the host's clock, which the monotonic one does not make."""

    def __init__(self):
        self._apart = None

    def look(self):
        apart = time.time() - time.monotonic()
        jump = 0.0 if self._apart is None else apart - self._apart
        self._apart = apart
        if abs(jump) > JUMP_SECONDS:
            logger.error("The clock of this host jumped by %+.1f seconds", jump)


class SkewAlarm:
    """Says once a minute that the host's clock is not the database's."""

    def __init__(self):
        self._told_at = None

    def tell(self, clock):
        now = time.monotonic()
        told = self._told_at is not None and now - self._told_at < SKEW_TOLD_EVERY
        if told or not clock.is_skewed:
            return
        self._told_at = now
        logger.error(
            "The clock of this host is %.1f seconds %s the database's. Tokens end by "
            "the database's; sessions and codes of people go by this one.",
            abs(clock.skew),
            "behind" if clock.skew > 0 else "ahead of",
        )
