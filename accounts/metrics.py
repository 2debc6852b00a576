"""Numbers that this process counts in memory for whoever watches it.

Nothing is written, locked or sent where something is counted on the way of an answer:
`gateway.metrics` looks at the numbers when there is time. Nothing here imports Django.
"""

import os
import tempfile
import threading
from bisect import bisect_left
from collections import Counter as Tallied
from contextlib import contextmanager
from itertools import count

# Names the folder where each process of a server tells what it counts, if anybody asks.
FOLDER = "TOLLGATE_REPORTS_FOLDER"
# In seconds. A question that memory answers takes some hundredths of a millisecond.
BUCKET_BOUNDS = (
    *(0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01),
    *(0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)


class Counter:
    """Counts calls of `step`, which many threads may call at once."""

    __slots__ = ("_looked", "step")

    def __init__(self):
        # One step in C, which no other thread comes into.
        self.step = count().__next__
        self._looked = 0

    def look(self):
        """Return how many steps there were; only one thread may look at a time."""
        # To look is a step as well.
        found = self.step() - self._looked
        self._looked += 1
        return found


class Durations:
    """How long something took, by a few labels: {labels: Cell}."""

    def __init__(self):
        self.cells = {}

    def note(self, labels, seconds):
        self.cell(labels).note(seconds)

    def cell(self, labels):
        return self.cells.get(labels) or self.cells.setdefault(labels, Cell())


class Cell:
    """A histogram: how many durations lie below each of BOUNDS and above the one before."""

    __slots__ = ("_counters", "_steps", "first", "seconds")

    def __init__(self):
        self._counters = [Counter() for _ in range(len(BUCKET_BOUNDS) + 1)]
        self._steps = [counter.step for counter in self._counters]
        self.first = self._steps[0]
        self.seconds = 0.0

    def note(self, seconds):
        self._steps[bisect_left(BUCKET_BOUNDS, seconds)]()
        # Between reading and writing nothing is called where another thread could go on.
        self.seconds += seconds

    def look(self):
        """Return (the count of each bucket, the sum of seconds)."""
        return [counter.look() for counter in self._counters], self.seconds


class Counts:
    """Counts by a few labels, of what is no hurry: {labels: count}."""

    def __init__(self):
        self._lock = threading.Lock()
        self._counts = Tallied()

    def add(self, *labels, times=1):
        with self._lock:
            self._counts[labels] += times

    def look(self):
        with self._lock:
            return dict(self._counts)


# Events of the audit trail by action, requests by (area, method, status), and how long
# those took, by area.
events, requests, request_times = Counts(), Counts(), Durations()
# Calls with tokens that do not work, by reason and signal.
refused_calls = Counts()
# Requests to the receiver of usage, by what came of them.
remote_writes = Counts()


@contextmanager
def reported():
    """Give the workers that are started meanwhile a place for their reports."""
    with tempfile.TemporaryDirectory(prefix="tollgate-reports-") as folder:
        os.environ[FOLDER] = folder
        yield
