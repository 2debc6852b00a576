"""Calls of the current minute, in memory that all workers of a server share."""

import mmap
import os
import threading
from hashlib import blake2b

MINUTE = 60
# Names a file that the server lays down before it starts its workers.
SHARED_FILE = "API_COUNTS_FILE"
SLOTS = 8192
TRIED = 8
SIZE = SLOTS * 16
COUNT_BITS = 32


class Counts:
    """A table of fixed size: for each key the minute and the calls in it.

    Two workers that count the same key at the same instant may lose a call. When no
    slot is free a call is not counted: a limit is never a reason to fail.
    """

    def __init__(self, file=None):
        self.words = memoryview(_memory(file or os.environ.get(SHARED_FILE))).cast("Q")
        self.lock = threading.Lock()

    def add(self, key, now):
        """Count a call and return how many there were in this minute."""
        digest = int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")
        minute = int(now) // MINUTE
        with self.lock:
            for number in range(TRIED):
                slot = 2 * ((digest + number) % SLOTS)
                count = self._count(slot, digest, minute)
                if count is not None:
                    self.words[slot] = digest
                    self.words[slot + 1] = minute << COUNT_BITS | count + 1
                    return count + 1
        return 1

    def _count(self, slot, digest, minute):
        """Return the calls that a slot holds of a key, or None when another key has it."""
        written, count = divmod(self.words[slot + 1], 1 << COUNT_BITS)
        if written != minute:
            return 0
        return count if self.words[slot] == digest else None


def _memory(file):
    """Return the shared memory, or some of this process's own when there is none."""
    if file:
        try:
            with open(file, "r+b") as opened:
                return mmap.mmap(opened.fileno(), SIZE)
        except (OSError, ValueError):
            pass
    return mmap.mmap(-1, SIZE)
