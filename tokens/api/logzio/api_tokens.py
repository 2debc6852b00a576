"""The one way to make an API token with an API token."""

from typing import Annotated, ClassVar

from pydantic import Field

from accounts.api.account_fields import ACCOUNT_ID
from accounts.api.examples import API_TOKEN, EXAMPLE_SECONDS
from accounts.api.plumbing.areas import PlainArea, router_in
from accounts.api.plumbing.bodies import Body
from accounts.api.plumbing.error_bodies import INSUFFICIENT, ErrorMessage, message_only
from accounts.api.plumbing.fields import Answer, Whole, epoch
from accounts.api.plumbing.guards import MAIN_ACCOUNT_ONLY, account_for, requires
from accounts.api.plumbing.idempotency import IdempotencyKey, once
from accounts.audit.trail import Actor
from accounts.permissions import Operation
from accounts.scopes import as_scopes
from tokens.api.minting import check_allowed, mint
from tokens.api.plumbing.names import TokenName
from tokens.api.plumbing.scopes import OptionalScopes
from tokens.api.plumbing.secrets import SecretText


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
    name: TokenName = Field(description="The token's name.", examples=["Terraform"])
    account_id: Annotated[Whole, ACCOUNT_ID]
    scopes: OptionalScopes = Field(
        None,
        description="What it may do, at most what the calling token may; without it, "
        "just that.",
        examples=[["accounts:read"]],
    )


class ApiTokenMade(Answer):
    id: int = Field(description="Its id.", examples=[77])
    name: str = Field(description="The token's name.", examples=["Terraform"])
    token: SecretText = Field(
        description="The whole text of the token. It is answered this once.",
        examples=[API_TOKEN],
    )
    created_at: float = Field(
        description="When it was made, in seconds since 1970, with a fraction.",
        examples=[EXAMPLE_SECONDS],
    )


@router.post(
    "/v1/api-tokens/sub-account",
    response=ApiTokenMade,
    summary="Create an API token for a child of the main account",
)
@requires(MAIN_ACCOUNT_ONLY, there=[Operation.API_MINT])
def api_token_mint(
    request, body: ChildApiToken, idempotency_key: IdempotencyKey = None
):
    account = account_for(request, body.account_id, Operation.API_MINT)
    check_allowed(account.organisation)

    def make():
        token, secret = mint(
            account,
            name=body.name,
            by=Actor.calling(request),
            maker=request.auth,
            scopes=None if body.scopes is None else as_scopes(body.scopes),
        )
        return ApiTokenMade(
            id=token.pk,
            name=token.name,
            token=secret,
            created_at=epoch(token.created_at),
        )

    return once(request, idempotency_key, ApiTokenMade, make)
