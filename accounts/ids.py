"""Ids and versions of rows, as people and programs write them."""

import re

# What an integer column holds on every database.
MAX_INTEGER = 2**31 - 1
# An id that every database takes: SQLite refuses long numbers with an error of its own.
ID_PATTERN = re.compile(r"[0-9]{1,9}")


def is_id(value):
    """Whether a text, or what a form was given in its place, can be an id."""
    return ID_PATTERN.fullmatch(str(value)) is not None
