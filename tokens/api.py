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


class WhoAmIByName(Schema):
    accountName: str  # noqa: N815 -- Logz.io's name


@router.get("/v2/whoami/", response=WhoAmI, auth=ApiToken(), include_in_schema=False)
@router.get(
    "/v2/whoami", response=WhoAmI, auth=ApiToken(), summary="Whose token is this"
)
def whoami(request):
    account = request.auth.account
    return WhoAmI(accountName=account.name, accountId=account.pk)


@router.get(
    "/v1/account-management/whoami",
    response=WhoAmIByName,
    auth=ApiToken(),
    summary="Whose token is this, as clients before 2021 ask",
)
def whoami_by_name(request):
    return WhoAmIByName(accountName=request.auth.account.name)
