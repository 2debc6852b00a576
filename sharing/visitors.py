"""Who comes in by a link: with its secret once, and with a ticket from then on."""

from sharing import tickets
from sharing.scope import NOTHING, SHOWS_NOTHING
from tokens.models import StoredSecret
from tokens.permissions import USES, Use, why_refused, why_stopped
from tokens.secrets import recognise
from tokens.without_mac import latest


def by_secret(text, page):
    """Return the StoredSecret that a visitor shows at a link, open or not, or None.

    The text may be the whole link. What cannot be a token costs no query, nor does what
    somebody invented.
    """
    secret = recognise(text.rpartition("#")[2].strip())
    if secret is None or (secret.is_ours and secret.public_id != page):
        return None
    if not latest.allows(secret):
        return None
    row = _find(StoredSecret.objects.matching(secret))
    # The id in a link of a token that moved in was made with the index key of its day.
    return row if row and page in (secret.public_id, row.token.public_id) else None


def by_ticket(text, page):
    """Return the StoredSecret that a visitor's ticket is for, if its link is open."""
    ticket = tickets.read(text, page)
    row = ticket and _find(StoredSecret.objects.filter(pk=ticket.secret_id))
    if row is None or row.born != ticket.born or why_closed(row):
        return None
    return row


def _find(rows):
    rows = rows.filter(token__share__isnull=False).select_related(
        "token__account__organisation", "token__share"
    )
    return rows.prefetch_related("token__share__filters").first()


def why_closed(row):
    """Return why a secret lets nobody in right now, or an empty text."""
    reason = why_refused(row, {Use.READ_SHARED})
    return reason or ("" if row.token.share.scope != NOTHING else SHOWS_NOTHING)


def is_open(token):
    """Whether the links of a shared token let anybody in right now."""
    works = Use.READ_SHARED in USES[token.kind] and not why_stopped(token)
    return works and token.share.scope != NOTHING


def ends_at(row):
    """Return when a secret stops letting visitors in by itself, or None for never."""
    ends = (row.token.expires_at, row.valid_until)
    return min((end for end in ends if end), default=None)
