"""Statements that are put together once, and run again with other values.

The ORM takes ten times as long to write a statement as the database takes to answer it,
and for calls and pages it writes the same ones each time.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from types import NoneType

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models import FETCH_ONE, Value
from django.db.models.expressions import DatabaseDefault
from django.db.models.query import ModelIterable, get_related_populators

# Values that a database takes as they are, and fields that have nothing else to say of them.
PLAIN = {str, int, bool, bytes, NoneType}
OF_PLAIN_VALUES = (
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.BooleanField,
    models.BinaryField,
    models.ForeignKey,
)
INSERT = "INSERT INTO {} ({}) VALUES ({}) RETURNING {}"
PAGE = " LIMIT %s OFFSET %s"


class Prepared:
    """A query with places for values: numbers, texts, bytes, and times.

    `build` gets a place for each value and returns the QuerySet; what it works out itself,
    such as the time, stays what it was at first. A query that is `paged` takes two values
    more: how many rows, and how many of them to leave out.
    """

    def __init__(self, build, *, paged=False):
        self._build, self._paged = build, paged

    def rows(self, *values):
        """Return a list of what the QuerySet gives: instances, or tuples of values."""
        connection = connections[DEFAULT_DB_ALIAS]
        statement = self._statement(connection, len(values))
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.filled(values))
            return [*map(statement.read, cursor.fetchall())]

    def first(self, *values):
        """Return the first of the rows, or None."""
        return next(iter(self.rows(*values)), None)

    def _statement(self, connection, values):
        # A connection is one thread's, and knows how its database writes and reads.
        known = connection.__dict__.setdefault("prepared", {})
        statement = known.get((self, values))
        if statement is None:
            made = self._written(connection, values)
            statement = known[self, values] = made
        return statement

    def _written(self, connection, values):
        places = [Place(number) for number in range(values)]
        of_page = places[-2:] if self._paged else []
        others = places[: values - len(of_page)]
        queryset = self._build(*map(Value, others))
        compiler = queryset.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        read = _reader(compiler, queryset)
        return Statement(sql + (PAGE if of_page else ""), (*params, *of_page), read)


class Place:
    """Where a value comes in."""

    def __init__(self, number):
        self.number = number


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    params: tuple
    read: object

    def filled(self, values):
        return [
            _given(values[each.number]) if isinstance(each, Place) else each
            for each in self.params
        ]


def _given(value):
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def _reader(compiler, queryset):
    """Return what makes of a row as it comes what the ORM makes of it."""
    columns = [column for column, *_ in compiler.select]
    converters = [
        (place, partial(_converted, steps, column, compiler.connection))
        for place, (steps, column) in compiler.get_converters(columns).items()
    ]
    if not issubclass(queryset._iterable_class, ModelIterable):
        return partial(_values, converters)
    make = _maker(compiler)
    return lambda row: make(_values(converters, row))


def _converted(steps, column, connection, value):
    for step in steps:
        value = step(value, column, connection)
    return value


def _values(converters, row):
    values = list(row)
    for place, convert in converters:
        values[place] = convert(values[place])
    return tuple(values)


def _maker(compiler):
    """Return what makes instances of rows, as `ModelIterable` does."""
    made, select = compiler.klass_info, compiler.select
    alias = compiler.connection.alias
    first, last = made["select_fields"][0], made["select_fields"][-1] + 1
    names = [column.target.attname for column, *_ in select[first:last]]
    related = get_related_populators(made, select, alias, FETCH_ONE)
    more = list((compiler.annotation_col_map or {}).items())

    def make(values):
        instance = made["model"].from_db(alias, names, values[first:last])
        for each in related:
            each.populate(values, instance)
        for name, place in more:
            setattr(instance, name, values[place])
        return instance

    return make


def insert(instance):
    """Write a new row, as `save(force_insert=True)` does of a model without signals.

    What the database fills in by itself is not read back.
    """
    columns, statement = _insertion(type(instance), _filled_in(instance))
    fields = instance.__dict__
    values = [
        value
        if type(value := fields[name]) in plain
        else prepare(value, connection=connection)
        for name, plain, prepare in columns
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        [instance.pk] = cursor.fetchone()
    instance._state.adding, instance._state.db = False, DEFAULT_DB_ALIAS


def _filled_in(instance):
    return tuple(
        name
        for name, value in instance.__dict__.items()
        if isinstance(value, DatabaseDefault)
    )


@cache
def _insertion(model, filled_in):
    """Return what is written, and the statement that writes it.

    What is written is of a name, of types that the database takes as they are, and of
    what prepares others for it.
    """
    table, key = model._meta.db_table, model._meta.pk
    fields = [
        field
        for field in model._meta.concrete_fields
        if field is not key and field.attname not in filled_in
    ]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    written = [
        (field.attname, _taken_plainly(field), field.get_db_prep_save)
        for field in fields
    ]
    return written, INSERT.format(f'"{table}"', columns, marks, f'"{key.column}"')


def _taken_plainly(field):
    return PLAIN if isinstance(field, OF_PLAIN_VALUES) else ()
