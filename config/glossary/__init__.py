"""What the fields of the API mean, each with an example, by their names.

A name stands for one thing wherever it occurs; `Schema.name`, or `operation.name` for
a parameter, says where it is another.
"""

from typing import NamedTuple

from config.glossary import logzio, own

MADE = object()
FIELDS = logzio.FIELDS | own.FIELDS


class Entry(NamedTuple):
    """What a field means, and an example unless it is made of its parts."""

    meaning: str
    example: object = MADE


def look_up(home, name):
    """Return what a field of a schema or an operation means, or None."""
    said = FIELDS.get(f"{home}.{name}") or FIELDS.get(name)
    return said and Entry(*said)
