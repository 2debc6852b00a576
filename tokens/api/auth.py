from ninja.security import APIKeyHeader

from accounts.api.own import rates
from tokens.credentials import token_in
from tokens.permissions import Use
from tokens.recording import note_refusal, note_use
from tokens.verification import examine, opened

# What the gateway calls the same door.
SIGNAL = "api"


class ApiToken(APIKeyHeader):
    """`X-API-TOKEN` or `Authorization`; `request.auth` is the token."""

    param_name = "X-API-TOKEN"

    def authenticate(self, request, key):
        row, reason = examine(token_in(request.META), Use.API)
        if row is None:
            return None
        if reason:
            note_refusal(request, row, reason, SIGNAL)
            return None
        token = opened(row)
        note_use(request, token)
        return token


class LimitedApiToken(ApiToken):
    """The same for our own API, whose callers are told to slow down."""

    def authenticate(self, request, key):
        token = super().authenticate(request, key)
        if token:
            rates.spend_call(request, token.pk)
        else:
            rates.spend_failure(request)
        return token
