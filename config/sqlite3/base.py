"""Django's SQLite, with files that nobody but their owner can open.

Who waits for its lock waits no longer than there is time, and a file that was replaced
or deleted is used no longer.
"""

import logging
import os
import threading
from contextlib import contextmanager, suppress
from datetime import UTC
from functools import cache
from math import inf
from pathlib import Path
from stat import S_ISREG

from django.db.backends.sqlite3 import base, operations

from accounts.deadline import Settling, request_deadline
from accounts.direct import Direct

# SQLite gives what it lays beside a database the mode of the database.
BESIDE = ("", "-wal", "-shm", "-journal")
OWNER_ONLY = 0o600

GONE = "the database's file was replaced or deleted while it was in use"

_creating = threading.Lock()
logger = logging.getLogger(__name__)


class Operations(operations.DatabaseOperations):
    def adapt_datetimefield_value(self, value):
        # Nearly all are in UTC, as the rows are; to ask for settings and zones takes longer.
        if (
            value is not None
            and value.tzinfo is UTC
            and self.connection.timezone is UTC
        ):
            return str(value.replace(tzinfo=None))
        return super().adapt_datetimefield_value(value)


class DatabaseWrapper(Direct, Settling, base.DatabaseWrapper):
    ops_class = Operations
    _path = None
    # In milliseconds, once it was told how long to wait.
    _patience = None

    def get_new_connection(self, conn_params):
        if not self.is_in_memory_db():
            self._path = os.fspath(conn_params["database"])
            same_file.require(self._path)
            create(os.path.realpath(self._path))
        opened, self._patience = super().get_new_connection(conn_params), None
        if self._path:
            shut(os.path.realpath(self._path))
            same_file.note(self._path)
        return opened

    def create_cursor(self, name=None):
        if self._path:
            same_file.require(self._path)
        return super().create_cursor(name)

    def run(self, sql, values):
        # A transaction asked for the file when it began, and does so when it ends.
        if self._path and not self.in_atomic_block:
            same_file.require(self._path)
        return self.connection.execute(with_marks(sql), values)

    def _commit(self):
        if self._path:
            with self.wrap_database_errors:
                same_file.require(self._path)
        super()._commit()

    def hurry(self):
        if request_deadline.ends_at < inf:
            usual = self.settings_dict["OPTIONS"]["timeout"]
            seconds = min(max(request_deadline.seconds_left, 0), usual)
            self.wait_at_most(int(seconds * 10) * 100)

    def wait_at_most(self, milliseconds):
        """Let this connection wait so long for locks, until it is told otherwise."""
        # Most requests have nearly all of their time left, and to say so takes a statement.
        if milliseconds != self._patience:
            self.connection.execute(f"PRAGMA busy_timeout = {milliseconds}")
            self._patience = milliseconds

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


@cache
def with_marks(sql):
    """Return a statement with the marks that SQLite has for values."""
    return base.FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%")


class SameFile:
    """Which files this process has opened, by their paths.

    Who deletes a file or puts another one in its place leaves us the old one, without a
    name: all that was written to it would be gone when we end.
    """

    def __init__(self):
        self._opened, self._told = {}, False

    def note(self, path):
        self._opened.setdefault(path, _identity(path))

    def require(self, path):
        """Raise OperationalError when another file has the path by now, or none."""
        # Asked before each statement: it takes a microsecond or two.
        opened = self._opened.get(path)
        if opened is None or opened == _identity(path):
            self._told = False
            return
        if not self._told:
            self._told = True
            logger.critical(
                "The database's file %s was replaced or deleted. Nothing is read from it "
                "or written to it any more: put the right file in place and start again.",
                path,
            )
        raise base.Database.OperationalError(GONE)


def _identity(path):
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


same_file = SameFile()


def create(path):
    """Make a database's file if there is none, for its owner alone.

    What cannot be done here, SQLite says better when it opens the file.
    """
    # Never opens a file that is there: to close it would drop this process's locks.
    with suppress(OSError), _creating:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))


def shut(path):
    """Leave a database that SQLite has opened to its owner alone.

    What a wrong name leads to is not touched: a folder, or another program's file.
    """
    for suffix in BESIDE:
        with suppress(OSError):
            file = Path(path + suffix)
            mode = file.stat().st_mode
            if S_ISREG(mode) and mode & 0o077:
                file.chmod(OWNER_ONLY)
