"""A query for one row with what belongs to it, which the ORM writes only once.

It writes a query anew each time that it is asked, which takes five times as long as the
database and all that is made of the answer.
"""

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.query import get_related_populators


class WrittenOnce:
    """A queryset with one value to compare with, which is another one each time."""

    def __init__(self, rows):
        self._compiler = rows.query.get_compiler(connection=connections[rows.db])
        self._sql, _ = self._compiler.as_sql()
        columns = [column for column, _, _ in self._compiler.select]
        self._converters = self._compiler.get_converters(columns)
        made = self._compiler.klass_info
        self._model, self._own = made["model"], made["select_fields"]
        self._names = [columns[at].target.attname for at in self._own]
        self._related = get_related_populators(
            made, self._compiler.select, rows.db, rows._fetch_mode
        )

    def first(self, database, value):
        """Return the object with what select_related() names, or None; one query."""
        with database.cursor() as cursor:
            cursor.execute(self._sql, (value,))
            found = cursor.fetchone()
        return found and self._made_of(found)

    def _made_of(self, values):
        (values,) = self._compiler.apply_converters([values], self._converters)
        own = [values[at] for at in self._own]
        row = self._model.from_db(DEFAULT_DB_ALIAS, self._names, own)
        for related in self._related:
            related.populate(values, row)
        return row
