"""Django's SQLite, with files that nobody but their owner can open.

Who waits for its lock waits no longer than there is time.
"""

import os
import threading
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path

from django.db.backends.sqlite3 import base

from accounts.deadline import Settling, request_deadline

# SQLite gives what it lays beside a database the mode of the database.
BESIDE = ("", "-wal", "-shm", "-journal")
OWNER_ONLY = 0o600

_creating = threading.Lock()


class DatabaseWrapper(Settling, base.DatabaseWrapper):
    def get_new_connection(self, conn_params):
        if not self.is_in_memory_db():
            shut(os.path.realpath(conn_params["database"]))
        return super().get_new_connection(conn_params)

    def hurry(self):
        if request_deadline.ends_at < inf:
            usual = self.settings_dict["OPTIONS"]["timeout"]
            seconds = min(max(request_deadline.seconds_left, 0), usual)
            self.connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    @contextmanager
    def reading(self):
        """Let transactions of a block only read, and keep no writer waiting."""
        usual, self.transaction_mode = self.transaction_mode, "DEFERRED"
        try:
            yield
        finally:
            self.transaction_mode = usual

    def _start_transaction_under_autocommit(self):
        self.hurry()
        super()._start_transaction_under_autocommit()


def shut(path):
    """Make a database's file if there is none, and leave it to its owner alone.

    What cannot be done here, SQLite says better when it opens the file.
    """
    with suppress(OSError):
        _create(path)
    for suffix in BESIDE:
        with suppress(OSError):
            file = Path(path + suffix)
            if file.stat().st_mode & 0o077:
                file.chmod(OWNER_ONLY)


def _create(path):
    # Never opens a file that is there: to close it would drop this process's locks.
    with _creating:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
