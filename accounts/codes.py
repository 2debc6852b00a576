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

from accounts.models import User


def take(user, seed, code):
    """Take a code; returns whether it was good, and none of its step or later was taken."""
    steps = [step for step in yield_hotp_counters_from_time() if _is(seed, step, code)]
    latest = max(steps, default=0)
    mine = User.objects.filter(pk=user.pk, last_code_step__lt=latest)
    return bool(mine.update(last_code_step=latest))


def _is(seed, step, code):
    return constant_time_compare(format_hotp_value(hotp_value(seed, step)), code)
