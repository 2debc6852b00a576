"""ETag and If-Match: nobody overwrites what they have not seen."""

from accounts.rule_violations import Stale


def etag(row):
    """Return the strong validator of a row that counts its changes."""
    return f'"{row.version}"'


def seen(row, if_match):
    """Return the version a caller says to have seen, or None when they do not say.

    Raises Stale for another one; the change compares it again under the lock.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    if etag(row) not in (each.strip() for each in if_match.split(",")):
        raise Stale(str(row))
    return row.version
