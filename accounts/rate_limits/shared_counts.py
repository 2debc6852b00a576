"""Calls of the current minute, in memory that all workers of a server share."""

import fcntl
import mmap
import os
import threading
from contextlib import contextmanager
from hashlib import blake2b

MINUTE = 60
# Names a file that the server lays down before it starts its workers.
SHARED_FILE = "API_COUNTS_FILE"
# Each section is a table of its own: what strangers fill leaves the others alone.
SECTIONS = 8
# What is left of what a host may let through, and all that it was given.
LEFT, GIVEN = 4, 5
# How many calls of this host others were told of, and how many they told of.
TOLD, OTHERS = 6, 7
SLOTS = 1 << 14
TRIED = 8
SIZE = SECTIONS * SLOTS * 16
COUNT_BITS = 32
# In place of what is left, when nothing more will be given in this minute.
NOTHING = (1 << COUNT_BITS) - 1


class SharedCounts:
    """Tables of fixed size: for each key the minute and the calls in it.

    When no slot is free for a key, it shares the count of another one. So in a flood of
    keys some are told to slow down too early, and none is let through uncounted.
    """

    def __init__(self, file=None):
        self._file, memory = _memory(file or os.environ.get(SHARED_FILE))
        self._words = memoryview(memory).cast("Q")
        self._lock = threading.Lock()

    def add(self, section, key, now, calls=1):
        """Count calls and return how many there were in this minute."""
        minute = int(now) // MINUTE
        with self._alone():
            slot, digest, count = self._find(section, key, minute)
            self._write(slot, digest, minute, count + calls)
        return count + calls

    def count(self, section, key, now, quota):
        """Count a call; `quota` says nothing where there is one host."""
        return self.add(section, key, now)

    def take_back(self, section, key, now):
        """Undo an `add` of this minute; what was counted in another one is gone."""
        minute = int(now) // MINUTE
        with self._alone():
            slot, _, count = self._find(section, key, minute)
            if count:
                self._words[slot + 1] -= 1

    def draw(self, key, now):
        """Take a call of what is left for a key; return whether one was there.

        None: more may be given in this minute.
        """
        minute = int(now) // MINUTE
        with self._alone():
            slot, digest, left = self._find(LEFT, key, minute)
            if not left or digest != digest_of(key):
                return None
            if left != NOTHING:
                self._words[slot + 1] -= 1
        return left != NOTHING

    def put(self, key, now, calls):
        """Add to what is left for a key; no calls: nothing more will be given."""
        minute = int(now) // MINUTE
        with self._alone():
            slot, digest, left = self._find(LEFT, key, minute)
            # What is another key's is not given away: this one has to ask each time.
            if digest == digest_of(key):
                left = 0 if left == NOTHING else left
                self._write(slot, digest, minute, left + calls or NOTHING)

    def give(self, key, now, calls):
        """Count what is given to this host for a key, and return all of this minute."""
        return self.add(GIVEN, key, now, calls)

    def untold(self, key, now, own, part):
        """Return how many calls nobody was told of, once they are a part; they are told then."""
        minute = int(now) // MINUTE
        with self._alone():
            slot, digest, told = self._find(TOLD, key, minute)
            # What is another key's is left alone: this one is counted here only.
            if digest != digest_of(key) or own - told < part:
                return 0
            self._write(slot, digest, minute, own)
        return own - told

    def others(self, key, now):
        """Return how many calls of other hosts this one knows of."""
        with self._alone():
            _, digest, calls = self._find(OTHERS, key, int(now) // MINUTE)
        return calls if digest == digest_of(key) else 0

    def note_others(self, key, now, calls):
        minute = int(now) // MINUTE
        with self._alone():
            slot, digest, _ = self._find(OTHERS, key, minute)
            if digest == digest_of(key):
                self._write(slot, digest, minute, calls)

    def _write(self, slot, digest, minute, count):
        self._words[slot] = digest
        self._words[slot + 1] = minute << COUNT_BITS | count

    def check(self):
        """Nothing can be away: for CountsOverHosts it can."""

    def _find(self, section, key, minute):
        """Return where a key counts, the digest that stands there, and the count."""
        digest = digest_of(key)
        slots = [
            2 * (section * SLOTS + (digest + number) % SLOTS) for number in range(TRIED)
        ]
        for slot in slots:
            written, count = divmod(self._words[slot + 1], 1 << COUNT_BITS)
            if written != minute:
                return slot, digest, 0
            if self._words[slot] == digest:
                return slot, digest, count
        shared = slots[0]
        count = self._words[shared + 1] % (1 << COUNT_BITS)
        return shared, self._words[shared], count

    @contextmanager
    def _alone(self):
        """Keep other threads out, and other workers: POSIX locks know processes only."""
        with self._lock:
            if self._file is not None:
                fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                if self._file is not None:
                    fcntl.lockf(self._file, fcntl.LOCK_UN)


def digest_of(key):
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest())


def _memory(path):
    """Return the shared file and its memory, or None and some of this process's own."""
    if path:
        try:
            # Stays open: a lock ends with the first closing of its file.
            file = os.open(path, os.O_RDWR)
            return file, mmap.mmap(file, SIZE)
        except (OSError, ValueError):
            pass
    return None, mmap.mmap(-1, SIZE)
