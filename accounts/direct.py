"""The short way of a statement to the driver: past what Django does around each.

That is as much work as the statement itself: a cursor is made, wrapped, watched and closed,
and SQLite's marks are put in. Whatever else watches statements, such as a test or the log
of slow ones, has them go Django's way.
"""

from django.db import DEFAULT_DB_ALIAS, connections

READS = "SELECT"


def rows(sql, values, database=None):
    """Return all rows of a statement, each as the driver gives it."""
    database = database or connections[DEFAULT_DB_ALIAS]
    if database.goes_direct(sql):
        return database.fetched(sql, values)
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def change(sql, values):
    """Run a statement that changes rows; return how many."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.goes_direct(sql):
        return database.changed(sql, values)
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount


class Direct:
    """Part of a database's backend: it runs statements without a cursor of Django's.

    A backend has `run`, which takes a statement with Django's marks and gives a cursor.
    """

    # Only Settling's own.
    usual_wrappers = 1

    def goes_direct(self, sql):
        """Whether all that Django would look at stands well, and nobody else looks."""
        if self.connection is None or len(self.execute_wrappers) > self.usual_wrappers:
            return False
        if self.in_atomic_block:
            return not (self.needs_rollback or self.queries_logged)
        # What commits by itself may have to wait for others.
        return sql.startswith(READS) and not self.queries_logged and self._is_sound()

    def _is_sound(self):
        return self.health_check_done or not self.health_check_enabled

    def fetched(self, sql, values):
        try:
            return self.run(sql, values).fetchall()
        except self.Database.Error:
            with self.wrap_database_errors:
                raise

    def changed(self, sql, values):
        try:
            return self.run(sql, values).rowcount
        except self.Database.Error:
            with self.wrap_database_errors:
                raise
