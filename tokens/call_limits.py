"""Whether a token with a limit may be called once more in this minute."""

from functools import partial

from django.db import connection

from accounts.clock import clock
from accounts.rate_limits.leases import leases
from accounts.rate_limits.shared_counts import MINUTE
from tokens.models.leases import take


def _at_once(question, *arguments):
    return question(connection, *arguments)


def seconds_to_wait(token_id, most, ask=_at_once):
    """Count a call; return 0 when it passes, or after how many seconds the next one may.

    `ask` runs a question to the database, as gateway.verify.lookups has them.
    """
    now = clock.now().timestamp()
    count = partial(ask, take, token_id, int(now) // MINUTE)
    if leases.spend(f"token {token_id}", most, now, count):
        return 0
    return MINUTE - int(now) % MINUTE
