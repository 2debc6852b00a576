"""How often a minute may be called: by a token, by an address without a good one.

Calls are counted in memory, which costs no query, and over all hosts in the service that
CACHE_URL names, or else in PostgreSQL, told of in parts. Answers of our own API say so in the headers of
draft-ietf-httpapi-ratelimit-headers.
"""

import time
from dataclasses import dataclass
from importlib import import_module

from django.conf import settings

from accounts.rate_limits.shared_counts import MINUTE, SharedCounts
from accounts.rule_violations import RuleViolation
from accounts.web.addresses import client_network

# Policies, each with a table of its own.
TOKEN, LOGZIO, FAILURES, GUESSES = "token", "logzio", "failures", "guesses"
TABLES = (TOKEN, LOGZIO, FAILURES, GUESSES)
# Links that do not open. Nobody guesses 256 random bits: this spares the database.
MOST_GUESSES = 30
# Of one calendar, which programs fetch a few times a day.
MOST_FETCHES = 20
# Callers whose address nobody can tell are counted together, and not as one.
NOWHERE, TOGETHER = "nowhere", 20


def counted(url, engine=""):
    """Return where calls are counted, given the address of a cache service or "".

    `engine` is the database's: several hosts have PostgreSQL.
    """
    if not url and engine.endswith("postgresql"):
        return import_module("accounts.rate_limits.in_database").CountsInDatabase()
    if not url:
        return SharedCounts()
    over_hosts = import_module("accounts.rate_limits.over_hosts")
    return over_hosts.CountsOverHosts(SharedCounts(), url)


counts = counted(settings.CACHE_URL, settings.DATABASES["default"]["ENGINE"])


class TooManyCalls(RuleViolation):
    status = 429

    def __init__(self, allowance):
        super().__init__(
            "too_many_calls",
            f"More than {allowance.quota} calls in a minute. "
            f"Try again in {allowance.seconds} seconds.",
        )
        self.retry_after = allowance.seconds


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many calls a policy still allows in the current minute."""

    policy: str
    who: str
    quota: int
    used: int
    counted_at: float

    @classmethod
    def spend(cls, policy, who, quota):
        """Count one call and return what is left."""
        now = time.time()
        used = counts.count(TABLES.index(policy), str(who), now, quota)
        return cls(policy, str(who), quota, used, now)

    def give_back(self):
        """Take back what was counted of a call that turned out to be a good one."""
        counts.take_back(TABLES.index(self.policy), self.who, self.counted_at)

    @property
    def is_exceeded(self):
        return self.used > self.quota

    @property
    def seconds(self):
        return MINUTE - int(self.counted_at) % MINUTE

    def announce(self, response):
        left = max(self.quota - self.used, 0)
        response["RateLimit-Policy"] = f'"{self.policy}";q={self.quota};w={MINUTE}'
        response["RateLimit"] = f'"{self.policy}";r={left};t={self.seconds}'


def spend_call(request, policy, token_id):
    """Count a call with a token; raises TooManyCalls."""
    quota = settings.API_RATE if policy == TOKEN else settings.LOGZIO_API_RATE
    _spend(request, Allowance.spend(policy, token_id, quota))


def spend_failure(request):
    """Count a call without a token that works; raises TooManyCalls.

    Tokens that work are not held up by others that fail from the same address.
    """
    _spend(request, _of_a_place(request, FAILURES, settings.API_FAILURE_RATE))


def spend_guess(request):
    """Count a link that somebody tries to open, and return what is left."""
    return _of_a_place(request, GUESSES, MOST_GUESSES)


def spend_fetch(calendar_id):
    """Count that a calendar is fetched, and return what is left."""
    return Allowance.spend(GUESSES, f"calendar {calendar_id}", MOST_FETCHES)


def _of_a_place(request, policy, quota):
    network = client_network(request)
    if network is None:
        return Allowance.spend(policy, NOWHERE, quota * TOGETHER)
    return Allowance.spend(policy, network, quota)


def _spend(request, allowance):
    request.allowance = allowance
    if allowance.is_exceeded:
        raise TooManyCalls(allowance)
