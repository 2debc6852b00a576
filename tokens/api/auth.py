from ninja.security import APIKeyHeader

from accounts.audit import client_address, client_agent
from tokens.permissions import Use
from tokens.recording import recorder
from tokens.verification import verify

BEARER = "bearer "


class ApiToken(APIKeyHeader):
    """`X-API-TOKEN`, or `Authorization: Bearer`; `request.auth` is the token."""

    param_name = "X-API-TOKEN"

    def authenticate(self, request, key):
        token = verify(key or _bearer(request), Use.API)
        if token:
            address, agent = client_address(request), client_agent(request)
            recorder.note(token.pk, token.opened_by, address or "", agent)
        return token


def _bearer(request):
    header = request.headers.get("Authorization", "")
    return header[len(BEARER) :] if header.lower().startswith(BEARER) else ""
