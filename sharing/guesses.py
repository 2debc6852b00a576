"""How often somebody tried a link that does not open.

Nobody guesses 256 random bits. This keeps a program that tries from keeping the
database busy, and counts roughly: what is lost in a race does not matter.
"""

import time

from django.core.cache import cache

from accounts.addresses import client_address

MOST_IN_A_MINUTE = 30
MINUTE = 60


def too_many(request):
    return cache.get(_key(request), 0) >= MOST_IN_A_MINUTE


def note(request):
    key = _key(request)
    cache.set(key, cache.get(key, 0) + 1, timeout=MINUTE)


def _key(request):
    return f"share-guesses/{client_address(request)}/{int(time.time()) // MINUTE}"
