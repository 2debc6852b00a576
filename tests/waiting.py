"""Waiting for what other processes bring about, however busy the machine is."""

import time

# Costs nothing while all is well: only what never comes is waited for as long.
PATIENCE_SECONDS = 180


def wait_until(true):
    """Return when something is true; fails when it does not become so."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.02)
