"""Django's own command, by one host at a time and beside a portal that runs."""

import time
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections

from accounts.console import database_in_a_sentence
from accounts.locks import passing

# Any number, the same in every version: "tollgate" in the letters' places.
LOCK = 20_15_12_12_07_01_20_05
# A change of a table waits for its lock as long as the portal may wait for the table.
ATTEMPTS = 30
PAUSE_SECONDS = 1
LIMITS = "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"


class Command(migrate.Command):
    def execute(self, *args, **options):
        # Django's checks, which come first, ask the database what it can do.
        with database_in_a_sentence():
            connections[options["database"]].ensure_connection()
        return super().execute(*args, **options)

    def handle(self, *args, **options):
        database = connections[options["database"]]
        if database.vendor != "postgresql":
            return super().handle(*args, **options)
        with _alone(database), _unhurried(database):
            return self._insist(*args, **options)

    def _insist(self, *args, **options):
        """Go on with what is left as often as a table is in use just then."""
        for _ in range(ATTEMPTS):
            try:
                return super().handle(*args, **options)
            except OperationalError as error:
                if not passing(error):
                    raise
                reason = error
                time.sleep(PAUSE_SECONDS)
        raise CommandError(f"A table stayed in use: {reason}") from reason


@contextmanager
def _alone(database):
    """Wait until no other host migrates.

    The lock is a transaction's, on a connection of its own: it ends with this process.
    """
    with database.Database.connect(**database.get_connection_params()) as waiting:
        for limit in LIMITS:
            waiting.execute(f"SET LOCAL {limit} = 0")
        waiting.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        yield


@contextmanager
def _unhurried(database):
    """Let statements take as long as they take: to fill a new column may take minutes.

    Not past a pooler, where this would hold for whoever gets the connection next.
    """
    if database.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        yield
        return
    with database.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    try:
        yield
    finally:
        with database.cursor() as cursor:
            cursor.execute("RESET statement_timeout")
