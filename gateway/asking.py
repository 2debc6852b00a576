"""Where the database is asked about what is not remembered, and for how long at most."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections

# A question waits no longer than that for the database.
SECONDS = 0.3
# A statement less, or nobody would wait for its failure.
STATEMENT_SECONDS = 0.25
AT_ONCE = 2
DIRECTLY = {
    "patience": STATEMENT_SECONDS,
    "connect_timeout": 2,
    "tcp_user_timeout": 2000,
}


class InThreads:
    """Asks PostgreSQL from a few threads, each of which keeps a connection.

    Threads of the server come and go, and may not hang with the database.
    """

    def __init__(self):
        self._threads = ThreadPoolExecutor(
            AT_ONCE, "gateway-asking", initializer=connect_directly
        )

    def __call__(self, question, *arguments):
        """Return the answer; raises OperationalError when it takes too long."""
        future = self._threads.submit(question, *arguments)
        try:
            return future.result(SECONDS)
        except TimeoutError:
            future.cancel()
            raise OperationalError("the database does not answer") from None


def connect_directly():
    """Give this thread a connection that belongs to no pool and does not wait."""
    usual = connections[DEFAULT_DB_ALIAS]
    options = {**usual.settings_dict["OPTIONS"], **DIRECTLY}
    options.pop("pool", None)
    limit = f"-c statement_timeout={round(SECONDS * 1000)}"
    options["options"] = f"{options.get('options', '')} {limit}"
    settings = usual.settings_dict | {"OPTIONS": options, "CONN_MAX_AGE": None}
    connections[DEFAULT_DB_ALIAS] = type(usual)(settings, DEFAULT_DB_ALIAS)


class Here:
    """Asks from the thread that is asked.

    SQLite reads a file, which cannot hang. It can be locked: a question does not wait
    for that as long as who writes does.
    """

    _thread = threading.local()

    def __call__(self, question, *arguments):
        if connection.vendor == "sqlite":
            self._hurry()
        return question(*arguments)

    def _hurry(self):
        connection.ensure_connection()
        if getattr(self._thread, "hurried", None) is not connection.connection:
            wait_for_locks(STATEMENT_SECONDS)
            self._thread.hurried = connection.connection

    @classmethod
    def take_time(cls, **_):
        """Let this thread's connection wait for locks as the settings say."""
        hurried = cls._thread.__dict__.pop("hurried", None)
        if hurried is not None and hurried is connection.connection:
            wait_for_locks(connection.settings_dict["OPTIONS"].get("timeout", 5.0))


def wait_for_locks(seconds):
    connection.connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")
