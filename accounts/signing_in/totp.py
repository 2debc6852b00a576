"""Codes of authenticator apps (RFC 6238), each of which is good once.

The last step that was taken is a column: a cache forgets, and a code that somebody read
over a shoulder would be good again.
"""

from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.utils.crypto import constant_time_compare


def step_of(seed, code):
    """Return the latest step that a code may be of just now, or 0 when it is of none."""
    first, *_, last = yield_hotp_counters_from_time()
    # A step may begin while the code is looked at.
    steps = range(first - 1, last + 2)
    return max((step for step in steps if _is(seed, step, code)), default=0)


def _is(seed, step, code):
    return constant_time_compare(format_hotp_value(hotp_value(seed, step)), code)
