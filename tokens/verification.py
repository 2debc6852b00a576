"""From the text that a caller presents to the token it opens, if it does."""

from django.db.models.base import ModelState

from accounts.audit.generations import number_in, with_generation
from accounts.crypto.checks import lacks_index_key
from accounts.prepared import Prepared
from accounts.rule_violations import Unavailable
from tokens.models import StoredSecret
from tokens.permissions import is_elsewhere, why_refused
from tokens.secrets import digests, recognise
from tokens.without_mac import latest

MAX_REMEMBERED = 2_000


# Rows by the digest of their secret, each true while its slot stands where it stood.
_remembered = {}


def find(text):
    """Return the token that a text is or was a secret of, in whatever state, or None.

    A text that cannot be a token costs no query, nor does one that somebody invented.
    """
    row = find_secret(text)
    return row and row.token


def find_secret(text):
    """Return the row of a secret that is or was one, with its token, or None."""
    secret = recognise(text)
    return _read(secret) if secret and latest.allows(secret) else None


def verify(text, use, address=None):
    """Return the token that a text opens for a use right now, from an address, or None.

    One that is kept to networks is not good without an address.
    """
    row, reason = examine(text, use)
    if row is None or reason or is_elsewhere(row.token, address):
        return None
    return opened(row)


def examine(text, use):
    """Return the row of a secret, or None, and why it is refused for a use right now.

    To ask whether anything changed is cheaper than to read everything again. Where the
    caller is, is not looked at. Raises Unavailable when it may be known by a key that
    this process does not have.
    """
    secret = recognise(text)
    row = secret and _recall(secret)
    return row, row and why_refused(row, {use})


def _rows_found_by(*lookups):
    rows = StoredSecret.objects.filter(lookup__in=lookups)
    rows = rows.select_related("token__account__organisation")
    return with_generation(rows, "token__organisation")


# One, or none: to ask for an order would cost as much as to look.
_FOUND = Prepared(_rows_found_by)


def _read(secret):
    return _FOUND.first(*digests(secret))


def _recall(secret):
    key = digests(secret)[0]
    row = _remembered.get(key)
    if row is not None and number_in(row.slot) == row.generation:
        return row
    if not latest.allows(secret):
        return None
    row = _read(secret)
    if row is not None:
        if len(_remembered) >= MAX_REMEMBERED:
            _remembered.clear()
        _remembered[key] = row
    elif lacks_index_key():
        # Another host may know it: its sender should not take it for wrong.
        raise Unavailable("key_missing", "Tollgate cannot tell now. Try again.")
    return row


def opened(row):
    """Return the token of a row as the caller's own, with its account."""
    account = row.token.account
    if account is None:
        token = _own(row.token)
    else:
        organisation = _own(account.organisation)
        token = _own(row.token, account=_own(account, organisation=organisation))
    token.opened_by = row.pk, row.born
    return token


def _own(instance, **related):
    """Return a copy of an instance with others that it is related to.

    `copy` takes three times as long, and so do the attributes of relations.
    """
    own = object.__new__(type(instance))
    own.__dict__.update(instance.__dict__)
    before, own._state = instance._state, ModelState()
    own._state.db, own._state.adding = before.db, before.adding
    own._state.fields_cache = before.fields_cache | related
    return own
