"""Keyset paging: a page costs the same at the start and at the end of a long list."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.timezone import is_naive

PAGE_SIZE = 25
# As far as rows are counted: what lies beyond costs time and tells nobody more.
ROWS_COUNTED_UP_TO = 10_000
MOST_ROWS = 2**31
UNREADABLE = (ValueError, TypeError, OverflowError, binascii.Error, ValidationError)


class Unwritten:
    """A queryset that is put together only when more than its model is asked of it."""

    def __init__(self, model, build):
        self.model, self._build = model, build

    def __getattr__(self, name):
        return getattr(self._build(), name)


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and what leads to those beside them.

    `before` is how many rows stood before it when it was linked to, None where that
    is not known; `rows` returns all of them, to be counted when somebody asks, unless they
    are `counted` already.
    """

    items: list
    next: str | None
    previous: str | None
    before: int | None = None
    rows: Callable | None = None
    counted: int | None = None

    @property
    def place(self):
        """Which rows these are, in words; of how many, where it is the last page."""
        if self.before is None or not self.items:
            return ""
        last = self.before + len(self.items)
        words = f"{self.before + 1:,}\N{EN DASH}{last:,}"
        return words if self.next else f"{words} of {last:,}"

    @property
    def span(self):
        """Which rows of how many these are, in words."""
        if not self.next:
            return self.place
        total = self.total
        if total > ROWS_COUNTED_UP_TO:
            return _of(self.place, f"more than {ROWS_COUNTED_UP_TO:,}")
        # Rows that came or went meanwhile have moved this page.
        is_moved = self.before is not None and self.before + len(self.items) >= total
        return _of("" if is_moved else self.place, f"{total:,}")

    @cached_property
    def total(self):
        """How many rows there are in all, up to one more than are counted."""
        if self.counted is not None:
            return self.counted
        return self.rows().values("pk")[: ROWS_COUNTED_UP_TO + 1].count()

    def __iter__(self):
        return iter(self.items)

    def __len__(self):
        return len(self.items)


def _of(place, total):
    return f"{place} of {total}" if place else f"{total} in all"


def paginate(queryset, sort, cursor="", *, size=PAGE_SIZE, first=None):
    """Return one page of a queryset in the order of `sort`, ties broken by id.

    `sort` is a field name, maybe of a related row that is selected along, such as
    account__name, with an optional leading minus; rows without a value come
    last. `cursor` is what an earlier page gave as `next` or `previous`; one that
    cannot be read gives the first page. `first` reads so many rows from the start, where
    there is a shorter way to them.
    """
    keyset = _Keyset(queryset, sort)
    direction, start, before = keyset.read(cursor) or ("next", None, 0)
    if direction == "next":
        found = keyset.rows(start, size + 1) if start or not first else first(size + 1)
        rows, more = _cut(found, size)
        return keyset.page(rows, before, has_next=more, has_previous=start is not None)
    rows, more = _cut(keyset.reversed().rows(start, size + 1), size)
    rows.reverse()
    before = _steps_back(before, len(rows)) if more else 0
    return keyset.page(rows, before, has_next=True, has_previous=more)


def is_cursor(queryset, sort, cursor):
    """Whether a text is a page's cursor of this list in this order, or none at all."""
    return not cursor or _Keyset(queryset, sort).read(cursor) is not None


def _cut(rows, size):
    return rows[:size], len(rows) > size


def _steps_back(before, rows):
    """Return how many rows are left in front, unless the list has grown there."""
    return before - rows if before is not None and before > rows else None


def _field(model, path):
    *relations, name = path.split("__")
    for relation in relations:
        model = model._meta.get_field(relation).related_model
    return model._meta.get_field(name)


def _owner(row, path):
    for relation in path.split("__")[:-1]:
        row = getattr(row, relation)
    return row


class _Keyset:
    def __init__(self, queryset, sort, *, nulls_last=True):
        self.queryset = queryset
        self.sort = sort
        self.descending = sort.startswith("-")
        self.name = sort.removeprefix("-")
        self.field = _field(queryset.model, self.name)
        self.nulls_last = nulls_last

    def reversed(self):
        sort = self.name if self.descending else f"-{self.name}"
        return _Keyset(self.queryset, sort, nulls_last=not self.nulls_last)

    def rows(self, after, limit):
        """Return up to `limit` rows after a (value, id), or from the start."""
        found = []
        for is_null in self._parts(after):
            if len(found) < limit:
                part = self._part(after, is_null=is_null)
                found += part[: limit - len(found)]
        return found

    def _parts(self, after):
        parts = [False]
        if self.field.null:
            parts = [False, True] if self.nulls_last else [True, False]
        if after is not None:
            parts = parts[parts.index(after[0] is None) :]
        return parts

    def _part(self, after, *, is_null):
        rows = self._in_order()
        if self.field.null:
            rows = rows.filter(**{f"{self.name}__isnull": is_null})
        if after is None or (after[0] is None) != is_null:
            return rows
        return rows.filter(self._after(*after))

    def _in_order(self):
        return self.queryset.order_by(self.sort, "-pk" if self.descending else "pk")

    def _after(self, value, pk):
        step = "lt" if self.descending else "gt"
        beyond = Q(**{f"pk__{step}": pk})
        if value is None:
            return beyond
        # The first condition repeats the others so that an index can start there.
        start = Q(**{f"{self.name}__{step}e": value})
        return start & (Q(**{f"{self.name}__{step}": value}) | beyond)

    def page(self, rows, before, *, has_next, has_previous):
        after = before if before is None else before + len(rows)
        onward = self.cursor("next", rows, after) if has_next else None
        back = self.cursor("previous", rows, before) if has_previous else None
        return Page(rows, onward, back, before, self._in_order)

    def cursor(self, direction, rows, before):
        """Return where a page begins or ends, and how many rows stand before that."""
        if not rows:
            return None
        row = rows[-1] if direction == "next" else rows[0]
        owner = _owner(row, self.name)
        value = getattr(owner, self.field.attname)
        text = None if value is None else self.field.value_to_string(owner)
        packed = json.dumps([direction, self.sort, text, row.pk, before]).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    def read(self, cursor):
        try:
            padded = cursor.encode() + b"=" * (-len(cursor) % 4)
            unpacked = json.loads(base64.urlsafe_b64decode(padded))
            direction, sort, text, pk, *before = unpacked
            value = self._value(text)
        except UNREADABLE:
            return None
        if sort != self.sort or direction not in ("next", "previous"):
            return None
        if not (isinstance(pk, int) and 0 < pk < 2**63):
            return None
        return direction, (value, pk), _known(before)

    def _value(self, text):
        if text is not None:
            return _definite(self.field.to_python(legible(text)))
        if self.field.null:
            return None
        raise ValueError("a column that is never empty")


def _known(before):
    """Return how many rows a cursor says to stand before it; older ones do not."""
    number = before[0] if len(before) == 1 else None
    return number if type(number) is int and 0 <= number < MOST_ROWS else None


def _definite(value):
    """Return a value; a time must be one in UTC, too, which is how SQLite keeps it."""
    if not isinstance(value, datetime):
        return value
    if is_naive(value):
        raise ValueError("a time without its zone")
    return value.astimezone(UTC)


def legible(text):
    """Return text that both databases can read; raises ValueError for any other."""
    if "\x00" in str(text).encode().decode():
        raise ValueError("text with a NUL")
    return text
