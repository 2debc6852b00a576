"""Django's backend for PostgreSQL, over connections that do not wait for ever."""

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import IsolationLevel

from accounts.postgresql import Connection, check, pulse


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's; with the option `patience` it has a Connection with it, and no pool."""

    def __init__(self, settings_dict, alias):
        super().__init__(settings_dict, alias)
        pool = self.settings_dict["OPTIONS"].get("pool")
        if pool:
            pool |= {"connection_class": Connection, "check": check}

    def get_connection_params(self):
        parameters = super().get_connection_params()
        self.patience = parameters.pop("patience", None)
        return parameters

    def get_new_connection(self, conn_params):
        if self.patience is None:
            # A pool would wait for a connection that works.
            pulse.require()
            return super().get_new_connection(conn_params)
        self.isolation_level = IsolationLevel.READ_COMMITTED
        connection = Connection.connect(**conn_params)
        connection.patience = self.patience
        return connection
