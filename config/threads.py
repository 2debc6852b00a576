"""Threads for what may take a while, beside an event loop."""

import asyncio
import threading
from functools import partial
from queue import SimpleQueue


class Threads:
    """So many threads as are asked for, which end with the process.

    Executors do the same with twice as much of the time of a short call.
    """

    def __init__(self, count):
        self._waiting = SimpleQueue()
        for _ in range(count):
            threading.Thread(target=self._work, daemon=True).start()

    async def run(self, function, *arguments):
        """Return what a function returns in one of the threads; raises what it raises."""
        loop = asyncio.get_running_loop()
        made = loop.create_future()
        self._waiting.put((partial(function, *arguments), loop, made))
        return await made

    def _work(self):
        while True:
            call, loop, made = self._waiting.get()
            try:
                settle = partial(made.set_result, call())
            except BaseException as error:  # noqa: BLE001 -- raised where it is awaited
                settle = partial(made.set_exception, error)
            loop.call_soon_threadsafe(unless_gone, made, settle)


# CPython keeps frames in chunks of 16 KiB, and gives a chunk back as soon as the first
# frame in it returns. A page whose loop over rows happens to lie at such a border maps
# memory at every call and takes up to twice as long. A first frame of 128 KiB gets a
# chunk in which all frames of a request have room, for as long as the thread lives.
FRAME_SLOTS = 128 * 1024 // 8
Threads._work.__code__ = Threads._work.__code__.replace(co_stacksize=FRAME_SLOTS)


def unless_gone(made, settle):
    # A server that ends, or a client that leaves, waits no longer.
    if not made.cancelled():
        settle()
