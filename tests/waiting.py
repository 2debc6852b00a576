"""Waiting for what other processes bring about, however busy the machine is."""

import time
from contextlib import contextmanager, suppress

import psutil

# Costs nothing while all is well: only what never comes is waited for as long.
PATIENCE_SECONDS = 180


def wait_until(true):
    """Return when something is true; fails when it does not become so."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.02)


@contextmanager
def halted(processes):
    """Stop processes where they stand, as a machine without time does, for a while."""
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.suspend()
    try:
        # Until the first thread of a process has noticed, the others go on.
        wait_until(lambda: all(map(is_stopped, processes)))
        yield
    finally:
        for each in processes:
            with suppress(psutil.NoSuchProcess):
                each.resume()


def is_stopped(process):
    """Whether it does nothing any more; it may also have ended by itself."""
    ended = not process.is_running()
    return ended or process.status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)
