"""The HTTP API of tokens: Logz.io's contract, so that its clients work unchanged."""

from contextlib import suppress

from django.db import OperationalError
from ninja import Router, Schema
from ninja.security import APIKeyHeader

from accounts.audit import client_address, client_agent
from tokens.permissions import Use
from tokens.verification import verify

router = Router()


class ApiToken(APIKeyHeader):
    """`X-API-TOKEN`; `request.auth` is the token."""

    param_name = "X-API-TOKEN"

    def authenticate(self, request, key):
        token = verify(key or "", Use.API)
        if token:
            # Knowing when it was last used is worth less than the answer.
            with suppress(OperationalError):
                token.note_use(client_address(request), client_agent(request))
        return token


class WhoAmI(Schema):
    accountName: str  # noqa: N815 -- Logz.io's name
    accountId: int  # noqa: N815 -- Logz.io's name


@router.get(
    "/v2/whoami", response=WhoAmI, auth=ApiToken(), summary="Whose token is this"
)
def whoami(request):
    account = request.auth.account
    return WhoAmI(accountName=account.name, accountId=account.pk)
