"""Cursors that no page has given."""

import base64
import json

# In UTC these are before the first year, after the last one, and nobody knows when.
IMPOSSIBLE = [
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-02-03T04:05:06",
    "2026-02-03",
]


def packed(value):
    """Return whatever it is as a cursor is written."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
