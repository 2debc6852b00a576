"""How often a token may call in a minute, and how often an address may fail to log in.

The answers say so in the headers of draft-ietf-httpapi-ratelimit-headers.
"""

import time
from dataclasses import dataclass

from django.conf import settings

from accounts.addresses import client_address
from accounts.api.own.counts import MINUTE, Counts
from accounts.refusals import Refused

counts = Counts()


class TooManyCalls(Refused):
    status = 429


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a policy in the current minute."""

    policy: str
    quota: int
    used: int
    seconds: int

    @classmethod
    def spend(cls, policy, who, quota):
        """Count one call and return what is left."""
        now = time.time()
        used = counts.add(f"{policy} {who}", now)
        return cls(policy, quota, used, MINUTE - int(now) % MINUTE)

    @property
    def is_exceeded(self):
        return self.used > self.quota

    def announce(self, response):
        left = max(self.quota - self.used, 0)
        response["RateLimit-Policy"] = f'"{self.policy}";q={self.quota};w={MINUTE}'
        response["RateLimit"] = f'"{self.policy}";r={left};t={self.seconds}'
        if response.status_code == 429:
            response["Retry-After"] = str(self.seconds)


def spend_call(request, token_id):
    """Count a call with a token; raises TooManyCalls."""
    _spend(request, "token", token_id, settings.API_RATE)


def spend_failure(request):
    """Count a call without a token that works; raises TooManyCalls.

    Tokens that work are not held up by others that fail from the same address.
    """
    _spend(request, "failures", client_address(request), settings.API_FAILURE_RATE)


def _spend(request, policy, who, quota):
    request.allowance = Allowance.spend(policy, who, quota)
    if request.allowance.is_exceeded:
        raise TooManyCalls(
            "too_many_calls",
            f"More than {quota} calls in a minute. "
            f"Try again in {request.allowance.seconds} seconds.",
        )
