"""The processes that serve one version of Tollgate, one for each Listener."""

import multiprocessing
import os
import tempfile
import time
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import wait

from accounts.rate_limits.shared_counts import SHARED_FILE, SIZE
from config.listener import Connections, listen

# Names a text that is another one at each start.
STARTED = "TOLLGATE_STARTED"
# What ends sooner than that would end again.
CRASH_SECONDS = 5
# A worker that is not ready by then will not be.
READY_SECONDS = 120


class Processes:
    """Starts a process for each Listener, and another one for each that ends by itself."""

    def __init__(self, listeners, places):
        self.crashed = False
        self._places = places
        self._missing = sum(listener.workers for listener in listeners)
        self._counting = ExitStack()
        self._counting.enter_context(counted_together())
        os.environ[STARTED] = os.urandom(16).hex()
        self._variables = {name: os.environ[name] for name in (SHARED_FILE, STARTED)}
        self._ready, told_ready = multiprocessing.Pipe(duplex=False)
        left, self._leaving = multiprocessing.Pipe(duplex=False)
        self._connections = Connections(ready=told_ready, left=left)
        self._running = dict(self._start(listener) for listener in listeners)

    @property
    def are_ready(self):
        return self._missing <= 0

    def watch(self, others, timeout=None):
        """Wait until anything happens, to the processes or to `others`, and see to it."""
        ended = wait([*others, self._ready, *self._running], timeout)
        if self._ready in ended:
            self._ready.recv_bytes()
            self._missing -= 1
        for sentinel in self._running.keys() & ended:
            self._replace(sentinel)

    def _replace(self, sentinel):
        process, listener, began = self._running.pop(sentinel)
        process.join()
        if time.monotonic() - began < CRASH_SECONDS:
            self.crashed = True
        else:
            self._running |= [self._start(listener)]

    def _start(self, listener):
        # Another version may have begun since, and ended.
        os.environ.update(self._variables)
        place = self._places.of(listener)
        process = multiprocessing.Process(
            target=listen, args=(listener, place, self._connections)
        )
        process.start()
        return process.sentinel, (process, listener, time.monotonic())

    def become_ready(self, told):
        """Return whether all are ready, before `told` can be read or any of them ended."""
        given_up_at = time.monotonic() + READY_SECONDS
        begun = set(self._running)
        while not self.are_ready:
            left = given_up_at - time.monotonic()
            if left <= 0 or begun != set(self._running) or wait([told], timeout=0):
                return False
            self.watch([told], left)
        return True

    def leave(self):
        """Have no connection kept: those who ask come to whoever else listens there."""
        self._leaving.close()

    def stop(self):
        """Let what is under way come to its end, and the processes to theirs."""
        for process, *_ in self._running.values():
            process.terminate()
        for process, *_ in self._running.values():
            process.join()
        self._counting.close()


@contextmanager
def counted_together():
    """Lay down the file in which all workers count the calls of the API."""
    with tempfile.NamedTemporaryFile(prefix="tollgate-counts-") as file:
        file.truncate(SIZE)
        os.environ[SHARED_FILE] = file.name
        yield
