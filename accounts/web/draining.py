"""Whether this server is about to stop: its workers look for a file that it lays down.

Nothing here imports Django.
"""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "TOLLGATE_DRAINING_FILE"


@contextmanager
def watched():
    """Give the workers that are started meanwhile a place to look at."""
    with tempfile.TemporaryDirectory(prefix="tollgate-draining-") as folder:
        os.environ[VARIABLE] = str(Path(folder, "begun"))
        yield


def begin():
    Path(os.environ[VARIABLE]).touch()


def has_begun():
    path = os.environ.get(VARIABLE)
    return path is not None and Path(path).exists()
