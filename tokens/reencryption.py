"""Moving stored secrets to the active encryption and index keys, batch by batch."""

import hmac
import random

from django.db import transaction
from django.db.models import Max, Min, Q

from accounts.crypto.keys import keyring
from accounts.rule_violations import Unavailable
from tokens.models import CalendarFeed, StoredSecret
from tokens.models.secrets import protect
from tokens.secrets import carries_mac, digest

CHECKED_AT_ONCE = 2000
COLUMNS = ["lookup", "index_kid", "envelope", "enc_kid", "has_mac"]


def old_secrets():
    """Return the rows under an old key of either purpose.

    An envelope is bound to its row's digest, so both are always made anew together.
    """
    enc, index = keyring("enc").active.kid, keyring("index").active.kid
    return StoredSecret.objects.exclude(Q(enc_kid=enc) & Q(index_kid=index))


def count_secrets(purpose, kid):
    """Return how many rows are under a key."""
    under = {"enc": Q(enc_kid=kid), "index": Q(index_kid=kid)}.get(purpose)
    return StoredSecret.objects.filter(under).count() if under else 0


def count_calendars(purpose, kid):
    """Return how many calendar addresses are found by a key, until they are fetched."""
    feeds = CalendarFeed.objects.filter(index_kid=kid)
    return feeds.count() if purpose == "index" else 0


def renew_batch(after, size):
    """Renew up to `size` rows after an id; returns their ids.

    Rows that somebody else holds are passed over, for the next round.
    """
    with transaction.atomic():
        rows = old_secrets().filter(pk__gt=after).order_by("pk").select_related("token")
        held = rows.select_for_update(skip_locked=True, of=("self",))
        batch = list(held[:size])
        for row in batch:
            _renew(row)
        # An upsert of rows that exist and are held: one statement for all of them.
        StoredSecret.objects.bulk_create(
            batch, update_conflicts=True, unique_fields=["pk"], update_fields=COLUMNS
        )
    return [row.pk for row in batch]


def _renew(row):
    secret = row.open()
    for name, value in protect(secret, row.token.kind, row.token.account_id).items():
        setattr(row, name, value)
    if row.open() != secret:
        raise AssertionError("an envelope does not give back what was put into it")


def check_secrets():
    """Open every secret and recompute its digest; returns a count and the wrong ids."""
    count, wrong, last = 0, [], 0
    rows = StoredSecret.objects.select_related("token").order_by("pk")
    while batch := list(rows.filter(pk__gt=last)[:CHECKED_AT_ONCE]):
        count, last = count + len(batch), batch[-1].pk
        wrong += [row.pk for row in batch if not _is_sound(row)]
    return count, wrong


def check_some_secrets(count):
    """Open so many secrets, any of them; returns how many, and the wrong ids."""
    rows = StoredSecret.objects.select_related("token").order_by("pk")
    bounds = rows.aggregate(least=Min("pk"), most=Max("pk"))
    if bounds["least"] is None:
        return 0, []
    span = range(bounds["least"], bounds["most"] + 1)
    places = random.sample(span, min(count, len(span)))
    # Where none is any more, the next one.
    found = {row.pk: row for place in places for row in rows.filter(pk__gte=place)[:1]}
    return len(found), sorted(pk for pk, row in found.items() if not _is_sound(row))


def _is_sound(row):
    subkey = keyring("index").subkeys.get(row.index_kid)
    if subkey is None:
        return False
    try:
        secret = row.open()
    except Unavailable:
        return False
    found = hmac.compare_digest(digest(secret, subkey), bytes(row.lookup))
    return found and row.has_mac == carries_mac(secret, row.index_kid)
