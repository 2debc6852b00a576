from ninja.security import APIKeyHeader

from accounts.rate_limits import call_rates
from accounts.rule_violations import RuleViolation
from accounts.web.addresses import client_address
from tokens.call_limits import seconds_to_wait
from tokens.permissions import OTHER_NETWORK, TOO_MANY_CALLS, Use, is_elsewhere
from tokens.request_headers import token_in
from tokens.usage_counters import note_refusal, note_use
from tokens.verification import examine, opened

# What the gateway calls the same use.
SIGNAL = "api"


class OtherNetwork(RuleViolation):
    """A token that works is shown from where it may not be used."""

    status = 403

    def __init__(self):
        super().__init__(
            OTHER_NETWORK,
            "This token is kept to networks, and your address is in none of them.",
        )


class OverLimit(RuleViolation):
    """A token has made all calls of this minute that it may."""

    status = 429

    def __init__(self, most, seconds):
        calls = "1 call" if most == 1 else f"{most:,} calls"
        super().__init__(
            TOO_MANY_CALLS,
            f"This token is limited to {calls} a minute. "
            f"Try again in {seconds} second{'' if seconds == 1 else 's'}.",
        )
        self.retry_after = seconds


class ApiToken(APIKeyHeader):
    """`X-API-TOKEN` or `Authorization`; `request.auth` is the token."""

    param_name = "X-API-TOKEN"

    policy = call_rates.LOGZIO

    def _get_key(self, request):
        """Return nothing: two headers may hold it, and `token_in` reads both."""

    def authenticate(self, request, key):
        token = _working(request)
        if token:
            call_rates.spend_call(request, self.policy, token.pk)
        else:
            call_rates.spend_failure(request)
        return token


class OwnApiToken(ApiToken):
    """The same for our own API, which programs are written for that can slow down."""

    policy = call_rates.TOKEN


def _working(request):
    row, reason = examine(token_in(request.META), Use.API)
    if row is None:
        return None
    if reason:
        note_refusal(request, row, reason, SIGNAL)
        return None
    if row.token.networks:
        _check_network(request, row)
    if row.token.calls_per_minute:
        _check_limit(request, row)
    token = opened(row)
    note_use(request, token)
    return token


def _check_network(request, row):
    if is_elsewhere(row.token, client_address(request)):
        note_refusal(request, row, OTHER_NETWORK, SIGNAL)
        call_rates.spend_failure(request)
        raise OtherNetwork


def _check_limit(request, row):
    most = row.token.calls_per_minute
    seconds = seconds_to_wait(row.token_id, most)
    if seconds:
        note_refusal(request, row, TOO_MANY_CALLS, SIGNAL)
        raise OverLimit(most, seconds)
