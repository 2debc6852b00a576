"""Totals of calls since this process began, and which of them a receiver has.

What is sent is a counter: its newest value says all that those before it said. So a
receiver that was away has missed no call, and nothing piles up meanwhile but numbers.
"""

import threading
from dataclasses import dataclass
from itertools import batched
from typing import NamedTuple

from tokens.remote_write.protocol import encode

MOST_SERIES = 100_000
SERIES_AT_ONCE = 2_000
# What was not called for so long, in milliseconds, begins again at 0, as after a start.
FORGOTTEN_AFTER = 3_600_000
METRIC = "tollgate_token_calls_total"


class Counted(NamedTuple):
    """Labels of a series: a rotated token has another public id, so another series."""

    token: str
    account: str
    kind: str


# All tokens beyond the most, together.
OTHERS = Counted("others", "", "")


@dataclass(slots=True)
class Series:
    total: int = 0
    # What the receiver was sent last, and the time that it was sent for.
    sent: int = 0
    sent_at: int = 0


class Batch(NamedTuple):
    """A request that is sent as it is until it is answered, and what is sent with it."""

    body: bytes
    totals: dict
    at: int


class Totals:
    """Totals by Counted; may be added to and read from several threads."""

    def __init__(self, labels, most=MOST_SERIES):
        self._labels, self._most = labels, most
        self._series, self._lock = {}, threading.Lock()
        # Calls that the receiver does not have.
        self.unsent = 0

    def __len__(self):
        return len(self._series)

    def add(self, counts):
        """Add {Counted: calls}."""
        with self._lock:
            for key, calls in counts.items():
                self._of(key).total += calls
                self.unsent += calls

    def _of(self, key):
        if key not in self._series and len(self._series) >= self._most:
            key = OTHERS
        return self._series.setdefault(key, Series())

    def batches(self, before, now):
        """Return what changed as Batches for a time, in ms; `before` was the last such time.

        A series that was not sent then says first what it was: without that, a rate would
        not see what comes after a pause, nor the calls that a series begins with.
        """
        with self._lock:
            self._forget(now - FORGOTTEN_AFTER)
            changed = {
                key: (each.total, _samples(each, before, now))
                for key, each in self._series.items()
                if each.total > each.sent
            }
        return [self._batch(dict(some), now) for some in _batched(changed)]

    def _forget(self, moment):
        self._series = {
            key: each
            for key, each in self._series.items()
            if each.total > each.sent or each.sent_at >= moment
        }

    def _batch(self, changed, now):
        series = [
            ({"__name__": METRIC, **self._labels, **key._asdict()}, samples)
            for key, (_, samples) in changed.items()
        ]
        totals = {key: total for key, (total, _) in changed.items()}
        return Batch(encode(series), totals, now)

    def confirm(self, batch):
        """Note that the receiver has a batch."""
        with self._lock:
            for key, total in batch.totals.items():
                each = self._series[key]
                self.unsent -= total - each.sent
                each.sent, each.sent_at = total, batch.at


def _samples(series, before, now):
    this = now, series.total
    return [this] if series.sent_at == before else [(before, series.sent), this]


def _batched(changed):
    return batched(changed.items(), SERIES_AT_ONCE)
