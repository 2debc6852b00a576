"""Where the database is asked about what is not remembered, and for how long at most."""

from concurrent.futures import ThreadPoolExecutor

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from accounts.postgresql import hasten

# A question waits no longer than that for the database.
LOOKUP_SECONDS = 0.3
# A statement less, or nobody would wait for its failure.
STATEMENT_SECONDS = 0.25
LOOKUPS_AT_ONCE = 2
DIRECTLY = {
    "patience": STATEMENT_SECONDS,
    "connect_timeout": 2,
    "tcp_user_timeout": 2000,
}


class InThreadPool:
    """Asks PostgreSQL from a few threads, each of which keeps a connection.

    Threads of the server come and go, and may not hang with the database. A question
    is a function that takes Django's connection of the thread that asks it first.
    """

    def __init__(self):
        self._threads = ThreadPoolExecutor(
            LOOKUPS_AT_ONCE, "gateway-asking", initializer=connect_directly
        )

    def __call__(self, question, *arguments):
        """Return the answer; raises OperationalError when it takes too long."""
        future = self._threads.submit(ask_the_present, question, *arguments)
        try:
            return future.result(LOOKUP_SECONDS)
        except TimeoutError:
            future.cancel()
            raise OperationalError("the database does not answer") from None


def ask_the_present(question, *arguments):
    """Ask over a connection to the database as it is now."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.connection is not None and database.connection.is_past:
        database.close()
    return question(database, *arguments)


def connect_directly():
    """Give this thread a connection that belongs to no pool and does not wait."""
    usual = connections[DEFAULT_DB_ALIAS]
    options = {**usual.settings_dict["OPTIONS"], **DIRECTLY}
    options.pop("pool", None)
    hasten(options, round(LOOKUP_SECONDS * 1000))
    settings = usual.settings_dict | {"OPTIONS": options, "CONN_MAX_AGE": None}
    connections[DEFAULT_DB_ALIAS] = type(usual)(settings, DEFAULT_DB_ALIAS)


class InCallingThread:
    """Asks from the thread that is asked.

    SQLite reads a file, which cannot hang. It can be locked: a question does not wait
    for that as long as who writes does.
    """

    def __call__(self, question, *arguments):
        # To find this thread's takes time: whoever is asked need not do it again.
        database = connections[DEFAULT_DB_ALIAS]
        opened = database.connection
        if opened is None or getattr(database, "hurried", None) is not opened:
            hurry(database)
        return question(database, *arguments)


def hurry(database):
    database.ensure_connection()
    if database.vendor == "sqlite":
        wait_for_locks(database, STATEMENT_SECONDS)
    database.hurried = database.connection


def take_time(**_):
    """Let this thread's connection wait for locks as the settings say."""
    database = connections[DEFAULT_DB_ALIAS]
    hurried, database.hurried = getattr(database, "hurried", None), None
    is_there = hurried is not None and hurried is database.connection
    if is_there and database.vendor == "sqlite":
        usual = database.settings_dict["OPTIONS"].get("timeout", 5.0)
        wait_for_locks(database, usual)


def wait_for_locks(database, seconds):
    database.wait_at_most(round(seconds * 1000))
