"""Decisions that a process remembers, by signal and by what was shown there."""

import os
import threading
from hashlib import blake2b
from itertools import islice

from gateway.verify.decisions import NOT_KNOWN
from gateway.verify.signal import ASK, SIGNALS

MAX_KNOWN = 200_000
MAX_UNKNOWN = 50_000
FORGOTTEN_AT_ONCE = 1_000
# Nothing outside this process can tell what was shown from what is remembered. Copying
# what has taken in the key takes two thirds of the time of doing it again.
KEYED = blake2b(key=os.urandom(32), digest_size=16)


class Memory:
    """A bounded store of (Decision, generation), oldest out first.

    All signals share the room, and the one with most in it makes way: hardly any signal
    has as many tokens as another. What is not known has a store of its own, so that a
    flood of invented tokens does not drive out those that work.
    """

    def __init__(self, max_known=MAX_KNOWN, max_unknown=MAX_UNKNOWN):
        signals = (ASK, *SIGNALS.values())
        self._known = tuple({} for _ in signals)
        self._unknown = {}
        self._max_known = max_known
        self._max_unknown = max_unknown
        self._lock = threading.Lock()

    def recall(self, signal, key, snapshot, now):
        """Return the Decision remembered, and whether it is certainly still true."""
        found = self._known[signal.number].get(key)
        if found is None:
            return NOT_KNOWN, self._unknown.get(key) == snapshot.total
        decision, number = found
        true = snapshot.numbers[decision.slot] == number and now < decision.until
        return decision, true

    def keep(self, signal, key, decision, snapshot):
        """Remember a Decision together with a Snapshot of before it was made."""
        known = self._known[signal.number]
        if decision.slot is None:
            value = snapshot.total
            store, most, other = self._unknown, self._max_unknown, known
            stores = (store,)
        else:
            value = decision, snapshot.numbers[decision.slot]
            store, most, other = known, self._max_known, self._unknown
            stores = self._known
        with self._lock:
            if sum(map(len, stores)) >= most:
                forget_some(max(stores, key=len))
            store[key] = value
            other.pop(key, None)

    def sizes(self):
        """Return how much is remembered: of what is known, and of what is not."""
        return sum(map(len, self._known)), len(self._unknown)


def forget_some(store):
    for oldest in list(islice(store, FORGOTTEN_AT_ONCE)):
        del store[oldest]


def key_of(text):
    """Return what a text is remembered by; the text itself is not kept."""
    hashed = KEYED.copy()
    hashed.update(text.encode("utf-8", "replace"))
    return hashed.digest()
