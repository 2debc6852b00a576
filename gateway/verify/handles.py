"""Handles, which proxies count by: they tell of a token without being its id or its secret.

Ids come again after a failover, so a handle tells the secret's birth besides. It is
signed, so that a proxy can count for what it was told of and for nothing else.
"""

import hmac
from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import blake2b

from django.conf import settings

from gateway.verify.decisions import PASS
from gateway.verify.signal import SIGNAL_NAMES

MAC_BYTES, MAC_LENGTH = 12, 16
# What is not counted.
NONE = "-"


def handle_of(decision, signal):
    """Return what uses of a Decision that is remembered are counted by."""
    if decision.status is not PASS and not decision.reason:
        return NONE
    ids = "-".join(f"{number:x}" for number in (*decision.counted_as, signal.number))
    told = f"{ids}-{decision.reason}"
    return told + _mac(told, settings.SECRET_KEY)


# The same few come every second.
@lru_cache(200_000)
def read_handle(handle):
    """Return what a handle is counted as, both empty when it is none of ours.

    That is (token id, secret's id and birth), and of a refused call (reason, signal).
    """
    told, mac = handle[:-MAC_LENGTH], handle[-MAC_LENGTH:]
    if not handle.isascii() or not _is_ours(told, mac):
        return (), ()
    *ids, reason = told.split("-")
    *counted_as, signal = (int(number, 16) for number in ids)
    return tuple(counted_as), (reason, SIGNAL_NAMES[signal]) if reason else ()


def _is_ours(told, mac):
    keys = settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS
    return any(hmac.compare_digest(mac, _mac(told, key)) for key in keys)


def _mac(told, secret_key):
    made = hmac.digest(_derived(secret_key), told.encode(), "sha256")
    return urlsafe_b64encode(made[:MAC_BYTES]).decode()


@lru_cache(8)
def _derived(secret_key):
    return blake2b(secret_key.encode(), person=b"tollgate.handle").digest()
