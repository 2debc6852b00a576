"""The time by which tokens end and uses are noted.

On PostgreSQL it is the database's, which all hosts share. Whoever watches the database
says how far this host's own clock is away from it; in a process where nobody does, the
two are taken for the same.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

# A host whose clock is further away is not told of as ready: sessions, codes and links
# that are signed go by the host's own time.
MOST_SKEW_SECONDS = 2.0


@dataclass(slots=True)
class Clock:
    """`offset` is what to add to this host's own time, in seconds.

    `skew` is by how much its clock is behind the database's.
    """

    offset: float = 0.0
    skew: float = 0.0

    def now(self):
        if not self.offset:
            return timezone.now()
        return timezone.now() + timedelta(seconds=self.offset)

    @property
    def is_skewed(self):
        return abs(self.skew) > MOST_SKEW_SECONDS


clock = Clock()
