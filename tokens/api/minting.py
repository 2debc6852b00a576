"""The one way to make an API token with an API token."""

from typing import ClassVar

from accounts.api.answers import INSUFFICIENT, ErrorMessage, message_only
from accounts.api.areas import PlainArea, router_in
from accounts.api.bodies import Body
from accounts.api.fields import Answer, Whole, epoch
from accounts.api.guards import AS_OWNER, account_for, requires
from accounts.api.once import IdempotencyKey, once
from accounts.audit import Actor
from accounts.permissions import Operation
from tokens.api.names import TokenName
from tokens.api.secrets import SecretText
from tokens.minting import check_allowed, mint


class MintingArea(PlainArea):
    """Tells apart who is unknown (401) and who may not (403)."""

    failures: ClassVar = PlainArea.failures | {401: (ErrorMessage,)}

    def unauthenticated(self, request):
        return message_only(401, INSUFFICIENT)

    def refused(self, request, refusal):
        status = 403 if refusal.code == "minting_off" else 400
        return message_only(status, refusal.message)


router = router_in(MintingArea("api-token"))


class ChildApiToken(Body):
    name: TokenName
    account_id: Whole


class ApiTokenMade(Answer):
    id: int
    name: str
    token: SecretText
    created_at: float


@router.post(
    "/v1/api-tokens/sub-account",
    response=ApiTokenMade,
    summary="Create an API token for a child of the main account",
)
@requires(AS_OWNER, there=[Operation.API_MINT])
def api_token_mint(
    request, body: ChildApiToken, idempotency_key: IdempotencyKey = None
):
    account = account_for(request, body.account_id, Operation.API_MINT)
    check_allowed(account.organisation)

    def make():
        token, secret = mint(account, name=body.name, by=Actor.calling(request))
        return ApiTokenMade(
            id=token.pk,
            name=token.name,
            token=secret,
            created_at=epoch(token.created_at),
        )

    return once(request, idempotency_key, ApiTokenMade, make)
