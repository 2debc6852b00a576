"""Headers by which a proxy can remember decisions, and for how long they stand.

With a decision it is told the generation of its slot, as this stood before the decision
was made. Several times a second it asks for all generations: what it remembers holds
while they are the same, and while that look is young.
"""

import os
import time
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from math import ceil

from gateway.verify.decisions import NO_STORE, UNKNOWN, Decision
from gateway.verify.handles import handle_of
from gateway.verify.invalidation import FRESH_SECONDS

ASKED_BY = "HTTP_X_TOLLGATE_REMEMBER"
KEEP = "X-Tollgate-Keep"
# What else a decision comes from, settings and versions, changes with a restart.
KEPT_SECONDS = 600
ALL = "all"
# Other databases of the same kind have other names; a file has none, and may be
# another one after a restart.
STARTED = os.environ.setdefault("TOLLGATE_STARTED", os.urandom(16).hex())
GENERATIONS = """\
tollgate-generations 1
epoch {epoch}
age {age}
all {total:016x}
slots {numbers}
end
"""


def kept(decision, signal, snapshot):
    """Return a Decision with what a proxy needs to remember it, if it may be remembered.

    The Snapshot is of before it was made.
    """
    now = time.time() + snapshot.offset
    left = int(1000 * min(decision.until - now, KEPT_SECONDS))
    what = _good_while(decision, snapshot)
    if what is None or left < 1 or not is_fresh(snapshot):
        return decision
    handle = handle_of(decision, signal)
    told = f"{what} {epoch(snapshot.identity)} {left} {handle}"
    return replace(decision, headers=[*decision.headers, (KEEP, told)])


def _good_while(decision, snapshot):
    """Return the slot of a Decision and its generation, or None."""
    # The next question about it may come from elsewhere, or be one too many.
    if decision.each_time:
        return None
    if decision.slot is not None:
        return f"{decision.slot} {snapshot.numbers[decision.slot]:016x}"
    return f"{ALL} {snapshot.total:016x}" if decision.status is UNKNOWN else None


def generations(snapshot):
    """Return the answer that tells all generations, or None while they are not known."""
    if not is_fresh(snapshot):
        return None
    age = max(0, ceil((time.monotonic() - snapshot.seen_at) * 1000))
    body = GENERATIONS.format(
        epoch=epoch(snapshot.identity),
        age=age,
        total=snapshot.total,
        numbers="".join(f"{number:016x}" for number in snapshot.numbers),
    ).encode()
    return plain("200 OK", body)


def is_fresh(snapshot):
    return time.monotonic() - snapshot.seen_at < FRESH_SECONDS


@lru_cache
def epoch(identity):
    """Return the name of a database: another one's generations say nothing here."""
    named = repr(identity or STARTED).encode()
    return blake2b(named, digest_size=8).hexdigest()


def plain(status, body, *headers):
    written = NO_STORE, ("Content-Type", "text/plain"), *headers
    length = ("Content-Length", str(len(body)))
    return Decision(status, [*written, length], (body,))
