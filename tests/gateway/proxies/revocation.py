"""How long something still works after its end was acknowledged."""

import time

PROMISE_SECONDS = 1.0
WATCH_SECONDS = 1.5


def last_success(works):
    """Ask again and again; returns how long after the call it last worked."""
    begun = time.monotonic()
    last = 0.0
    while time.monotonic() - begun < WATCH_SECONDS:
        asked = time.monotonic()
        if works():
            last = asked - begun
        time.sleep(0.02)
    return last
