"""Django's backend for PostgreSQL, over connections that do not wait for ever."""

import time

from django.db import OperationalError
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property
from psycopg import Error, errors
from psycopg_pool import PoolTimeout

from accounts.deadline import Settling, request_deadline
from accounts.direct import Direct
from accounts.postgresql import Connection, check, pulse

# For how long a connection is waited for by who has no deadline.
POOL_SECONDS = 1.5
# The pool tries to connect when somebody comes, and only then again when that failed.
# Left to itself it would try after a second, then two, then four.
TRY_SECONDS = 0.15
# Settings of Django's have it so where transactions of one connection go to several servers.
BEHIND_POOLER = "DISABLE_SERVER_SIDE_CURSORS"
# psycopg counts them among the errors of PostgreSQL itself, as if it were broken.
PASSING = (
    errors.ReadOnlySqlTransaction,
    errors.IdleInTransactionSessionTimeout,
    errors.TransactionTimeout,
)
POOL = {
    "connection_class": Connection,
    # Done here: between two that are broken the pool would sleep for a second.
    "check": None,
    "timeout": TRY_SECONDS,
    "reconnect_timeout": TRY_SECONDS,
}


class ErrorWrapper(DatabaseErrorWrapper):
    """As Django's; what passes by itself is an OperationalError."""

    def __exit__(self, exc_type, exc_value, traceback):
        if isinstance(exc_value, PASSING):
            self.wrapper.errors_occurred = True
            raise OperationalError(*exc_value.args) from exc_value
        super().__exit__(exc_type, exc_value, traceback)


class DatabaseWrapper(Direct, Settling, base.DatabaseWrapper):
    """As Django's; with the option `patience` it has a Connection with it, and no pool."""

    def __init__(self, settings_dict, alias):
        super().__init__(settings_dict, alias)
        pool = self.settings_dict["OPTIONS"].get("pool")
        if pool:
            pool |= POOL

    @cached_property
    def wrap_database_errors(self):
        return ErrorWrapper(self)

    def get_connection_params(self):
        parameters = super().get_connection_params()
        self.patience = parameters.pop("patience", None)
        return parameters

    def get_new_connection(self, conn_params):
        if self.pool:
            return self._get_from_pool(conn_params)
        if self.patience is None:
            return super().get_new_connection(conn_params)
        self.isolation_level = IsolationLevel.READ_COMMITTED
        connection = Connection.connect(**conn_params)
        connection.patience = self.patience
        try:
            pulse.require_watched(connection)
        except Error:
            connection.close()
            raise
        connection.rollback()
        return connection

    def _get_from_pool(self, conn_params):
        """Return a connection that works, unless there is none in time."""
        ends_at = min(request_deadline.ends_at, time.monotonic() + POOL_SECONDS)
        while True:
            pulse.require()
            try:
                connection = super().get_new_connection(conn_params)
            except PoolTimeout:
                if time.monotonic() >= ends_at:
                    raise
                continue
            try:
                check(connection, asks=self.settings_dict[BEHIND_POOLER])
            except Error:
                self.pool.putconn(connection)
            else:
                return connection

    def run(self, sql, values):
        return self.connection.execute(sql, values)

    def set_autocommit(self, autocommit, **options):
        # A connection that was lost within a transaction is not replaced by another one
        # only to tell that to commit by itself, as each does from the start.
        if self.connection is not None or not autocommit:
            super().set_autocommit(autocommit, **options)

    def knows_nothing(self):
        return self.connection is None or self.connection.closed
