"""Calls of the current minute over all hosts, in the Valkey or Redis of CACHE_URL.

Imported only where there is one: its client takes 10 MB of a process.
"""

import logging
from functools import partial

from django.utils.crypto import salted_hmac
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from accounts.rate_limits.breaker import Breaker
from accounts.rate_limits.shared_counts import MINUTE

logger = logging.getLogger(__name__)

# Of one try to connect or to be answered; a call must not wait for its own counting.
TIMEOUT_SECONDS = 0.2
# Hosts' minutes do not begin at the same moment.
KEPT_SECONDS = 2 * MINUTE


class CountsOverHosts:
    """Counts calls in the cache service, and in this server's own memory besides.

    The larger count holds. So a service that is away or was flushed lets a caller have a
    host's own limit on each host, and never more; no call fails because of it.
    """

    def __init__(self, own, url):
        self._own = own
        # Once more at once: a service that was restarted has closed our connections.
        self._service = Redis.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        self._breaker = Breaker(
            (RedisError, OSError),
            logger,
            "The cache service of CACHE_URL does not count (%s): until it does, each "
            "host counts calls for itself.",
        )

    def add(self, section, key, now):
        """Count a call and return how many there were in this minute."""
        own = self._own.add(section, key, now)
        return max(own, self._change(section, key, now, 1))

    def count(self, section, key, now, quota):
        return self.add(section, key, now)

    def take_back(self, section, key, now):
        """Undo an `add` of this minute."""
        self._own.take_back(section, key, now)
        self._change(section, key, now, -1)

    def draw(self, key, now):
        return self._own.draw(key, now)

    def put(self, key, now, calls):
        self._own.put(key, now, calls)

    def give(self, key, now, calls):
        return self._own.give(key, now, calls)

    def lease(self, key, now, calls):
        """Take calls for this host; return how many all hosts have taken, or None.

        None: the service is away.
        """
        total = self._change("lease", key, now, calls)
        return total or None

    def check(self):
        """Have the log say so when the service does not answer."""
        self._breaker.ask(self._service.ping)

    def _change(self, section, key, now, amount):
        name = _name(section, key, int(now) // MINUTE)
        count, _ = self._breaker.ask(partial(self._write, name, amount)) or (0, None)
        return count

    def _write(self, name, amount):
        with self._service.pipeline() as both:
            return both.incrby(name, amount).expire(name, KEPT_SECONDS).execute()


def _name(section, key, minute):
    """Return a name that tells no address, and that no other installation has."""
    digest = salted_hmac(f"tollgate.rates/{section}", key, algorithm="sha256")
    return f"tollgate:rate:{digest.hexdigest()[:32]}:{minute}"
