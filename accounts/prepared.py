"""Statements that are put together once, and run again with other values.

The ORM takes ten times as long to write a statement as the database takes to answer it,
and for calls and pages it writes the same ones each time.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from types import NoneType

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import FETCH_ONE, Value
from django.db.models.base import ModelState
from django.db.models.expressions import DatabaseDefault
from django.db.models.query import ModelIterable, get_related_populators

from accounts import direct

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
        database = connections[DEFAULT_DB_ALIAS]
        statement = self._statement(database, len(values))
        found = direct.rows(statement.sql, statement.filled(values, database), database)
        return [*map(statement.read, found)]

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

    def filled(self, values, database):
        """Return what stands for the marks, as the database takes it."""
        given = [
            database.ops.adapt_datetimefield_value(value)
            if isinstance(value, datetime)
            else value
            for value in values
        ]
        return [
            given[each.number] if type(each) is Place else each for each in self.params
        ]


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
    model = made["model"]
    related = get_related_populators(made, select, alias, FETCH_ONE)
    more = list((compiler.annotation_col_map or {}).items())

    def make(values):
        instance = _from_row(model, alias, names, values[first:last])
        for each in related:
            each.populate(values, instance)
        for name, place in more:
            setattr(instance, name, values[place])
        return instance

    return make


def _from_row(model, alias, names, values):
    """Return an instance of a row, as `Model.from_db` does."""
    instance = object.__new__(model)
    fields = instance.__dict__
    state = fields["_state"] = ModelState()
    state.adding, state.db = False, alias
    fields.update(zip(names, values, strict=True))
    return instance


def new(model, **values):
    """Return what a model makes of the values of its columns, in a fifth of the time.

    Of related objects the ids are given. For models without an `__init__` of their own, and
    without signals.
    """
    instance = object.__new__(model)
    fields, usual = instance.__dict__, _usual(model)
    fields["_state"] = ModelState()
    for name, default in usual.items():
        fields[name] = values[name] if name in values else default()
    return instance


@cache
def _usual(model):
    """Return what gives the default of each column, by the column's name."""
    return {
        field.attname: field.get_default if _is_made(field) else _always(field)
        for field in model._meta.concrete_fields
    }


def _is_made(field):
    """Whether a default is another one for each instance."""
    return field.has_default() and callable(field.default)


def _always(field):
    value = field.get_default()
    return lambda: value


def insert(instance):
    """Write a new row, as `save(force_insert=True)` does of a model without signals.

    What the database fills in by itself is not read back.
    """
    database, fields = connections[DEFAULT_DB_ALIAS], instance.__dict__
    columns, statement = _insertion(type(instance), _filled_in(instance))
    values = [
        value
        if type(value := fields[name]) in plain
        else prepare(value, connection=database)
        for name, plain, prepare in columns
    ]
    [[instance.pk]] = direct.rows(statement, values, database)
    instance._state.adding, instance._state.db = False, DEFAULT_DB_ALIAS


def _filled_in(instance):
    fields = instance.__dict__
    return tuple(
        name
        for name in _with_db_default(type(instance))
        if isinstance(fields[name], DatabaseDefault)
    )


@cache
def _with_db_default(model):
    fields = model._meta.concrete_fields
    return [field.attname for field in fields if field.has_db_default()]


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
    written = [(field.attname, *_writing(field)) for field in fields]
    return written, INSERT.format(f'"{table}"', columns, marks, f'"{key.column}"')


def _writing(field):
    """Return the types that are written as they are, and what prepares others."""
    if isinstance(field, models.DateTimeField):
        return {NoneType}, _prepared_time
    return PLAIN if isinstance(field, OF_PLAIN_VALUES) else (), field.get_db_prep_save


def _prepared_time(value, connection):
    return connection.ops.adapt_datetimefield_value(value)
