"""Where the time of a benchmark goes: each phase says so as it ends."""

import sys
import time
from contextlib import contextmanager


@contextmanager
def phase(name):
    """Print to standard error how long something took."""
    began = time.monotonic()
    yield
    print(f"{time.monotonic() - began:8.1f} s  {name}", file=sys.stderr, flush=True)
