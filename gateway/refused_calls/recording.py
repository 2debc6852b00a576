"""Noting uses of tokens that do not work, in batches and in bounded room."""

from collections import Counter, defaultdict
from itertools import batched

from django.db import transaction

from accounts.clock import clock
from accounts.locks import repeated
from gateway.models import OTHER_CALLERS, RefusedCall, RefusedToken
from tokens.models import Token

# Callers of a token that get a row of their own in a day.
MOST_CALLERS = 50
AT_ONCE = 500
KEY = ("refused_id", "secret_id", "reason", "signal", "address", "agent")


@repeated
def note(counts):
    """Add counts of refused calls to what is known about their tokens.

    `counts` is {(token id, stored secret id, reason, signal, address, agent): calls}.
    """
    with transaction.atomic():
        owners = _owners({key[0] for key in counts})
        known = _cleaned(counts, owners)
        if known:
            _add(known, owners, clock.now())


def _owners(tokens):
    """Return {token id: account id} of tokens that are there and somebody's."""
    owned = Token.objects.exclude(account=None).only("account_id")
    return {
        token.pk: token.account_id for token in owned.in_bulk(sorted(tokens)).values()
    }


def _cleaned(counts, owners):
    cleaned = Counter()
    for (token, secret, reason, signal, address, agent), calls in counts.items():
        if token in owners:
            caller = (_printable(address, 45), _printable(agent, 200))
            cleaned[token, secret, reason, signal, *caller] += calls
    return cleaned


def _printable(text, length):
    return "".join(filter(str.isprintable, text or ""))[:length]


def _add(counts, owners, now):
    # Always in the same order, so that two writers wait and never block each other.
    # The first rows also let only one of them at a time decide about new callers.
    RefusedToken.objects.add_calls(_sums(counts, owners, now))
    new, counts = _limited(counts, now)
    rows = ((*key, now, now, calls) for key, calls in sorted(counts.items()))
    RefusedCall.objects.add_calls(rows)
    for some in batched(sorted(new), AT_ONCE):
        dismissed = RefusedToken.objects.filter(pk__in=some).exclude(dismissed_at=None)
        dismissed.update(dismissed_at=None)


def _sums(counts, owners, now):
    sums, causes = Counter(), {}
    for (token, *cause, _address, _agent), calls in counts.items():
        sums[token] += calls
        causes[token] = cause
    for token in sorted(sums):
        yield (token, owners[token], *causes[token], now, now, sums[token])


def _limited(counts, now):
    """Return the tokens that have new callers, and counts with too many put together."""
    known, room = _callers({key[0] for key in counts}, now)
    new, limited = set(), Counter()
    for key, calls in counts.items():
        token = key[0]
        if key not in known:
            new.add(token)
            if room[token] <= 0:
                key = (*key[:4], OTHER_CALLERS, "")
            else:
                room[token] -= 1
        limited[key] += calls
    return new, limited


def _callers(tokens, now):
    """Return the known callers, and how many new ones each token may have today."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    known, room = set(), defaultdict(lambda: MOST_CALLERS)
    for some in batched(sorted(tokens), AT_ONCE):
        rows = RefusedCall.objects.filter(refused__in=some).exclude(
            address=OTHER_CALLERS
        )
        for *key, first_seen_at in rows.values_list(*KEY, "first_seen_at"):
            known.add(tuple(key))
            room[key[0]] -= first_seen_at >= today
    return known, room


@repeated
def forget():
    """Remove what is too old to tell anybody; returns what it was, in words."""
    with transaction.atomic():
        old = list(RefusedToken.objects.forgettable().values_list("pk", flat=True))
        RefusedCall.objects.forgettable().delete()
        RefusedToken.objects.filter(pk__in=old).delete()
    return f"the refused calls of {len(old)} tokens"
