"""Texts of iCalendar (RFC 5545): content lines, folded, and the values in them."""

from datetime import UTC

LONGEST_LINE = 75


def content_lines(pairs):
    """Return (name, value) pairs as the bytes of a calendar."""
    return b"".join(_folded(f"{name}:{value}") for name, value in pairs)


def _folded(line):
    """Return a line in pieces of at most 75 octets; no character is cut (3.1)."""
    rest, pieces, room = line.encode(), [], LONGEST_LINE
    while len(rest) > room:
        cut = room
        # What begins with 10 continues a character of UTF-8.
        while rest[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(rest[:cut])
        # The blank that goes on with a line is part of the next one.
        rest, room = rest[cut:], LONGEST_LINE - 1
    return b"\r\n ".join([*pieces, rest]) + b"\r\n"


def text(words):
    """Return a value of type TEXT (3.3.11); names have no control characters."""
    for special in "\\;,":
        words = words.replace(special, f"\\{special}")
    return words


def moment(value):
    """Return a value of type DATE-TIME in UTC (3.3.5)."""
    return f"{value.astimezone(UTC):%Y%m%dT%H%M%SZ}"
