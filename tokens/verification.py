"""From the text that a caller presents to the token it opens, if it does."""

from django.db.models import Q
from django.utils import timezone

from tokens.models import StoredSecret
from tokens.permissions import USES, why_stopped
from tokens.secrets import recognise


def find(text):
    """Return the token that a text is or was a secret of, in whatever state, or None.

    A text that cannot be a token costs no query.
    """
    row = find_secret(text)
    return row and row.token


def find_secret(text):
    """Return the row of a secret that is or was one, with its token, or None."""
    return _find_row(text, StoredSecret.objects.all())


def verify(text, use):
    """Return the token that a text opens for a use right now, or None."""
    unspent = Q(valid_until=None) | Q(valid_until__gt=timezone.now())
    row = _find_row(text, StoredSecret.objects.filter(unspent))
    if row is None or use not in USES[row.token.kind] or why_stopped(row.token):
        return None
    row.token.opened_by = row.pk
    return row.token


def _find_row(text, rows):
    secret = recognise(text)
    if secret is None:
        return None
    rows = rows.matching(secret).select_related("token__account__organisation")
    return rows.first()
