"""New tokens of any kind that an account makes; the highest app knows them all."""

from typing import Annotated, Literal

from django.http import HttpResponse
from ninja.responses import Status
from pydantic import Field

from accounts.api.plumbing.guards import account_for, requires
from accounts.api.plumbing.idempotency import IdempotencyKey, once
from accounts.api.v1.accounts import AccountPk
from accounts.api.v1.fields import Flag, Moment, StrictBody, one_of
from accounts.api.v1.routers import ROOT, changes, own_router
from accounts.api.v1.versions import etag
from accounts.audit.trail import Actor
from accounts.clock import clock
from accounts.permissions import Operation
from sharing.api.v1.shares import Choice
from sharing.models import Share
from tokens.api.plumbing.names import TokenName, TokenNote
from tokens.api.v1.answers import TokenWithSecret, shown_with
from tokens.api.v1.guards import of_tokens
from tokens.api.v1.restrictions import CallsPerMinute, Networks
from tokens.kinds import RULES, Kind
from tokens.models import Token
from tokens.permissions import operation

Note = Annotated[
    TokenNote,
    Field(
        description="What it is for, in lines.",
        examples=["Ships the payments cluster."],
    ),
]

router = own_router(
    "tokens",
    hints={
        Operation.API_CREATE: "An API token makes no API tokens here. The main "
        "account's can: with POST /v1/api-tokens/sub-account, for its children.",
    },
)


class NewApiToken(StrictBody):
    """Answered with 403, which says who can make API tokens."""

    kind: Literal["api"] = Field(description="The kind of token.")
    name: TokenName = Field(description="Its name.", examples=["Fluent Bit"])
    note: Note = ""


class NewLogToken(StrictBody):
    kind: Literal["logs"] = Field(description="The kind of token.")
    name: TokenName = Field(description="Its name.", examples=["Fluent Bit"])
    note: Note = ""
    enabled: Flag = Field(
        default=True, description="Whether the token works.", examples=[True]
    )
    expires_at: Moment | None = Field(None, description="null: never", examples=[None])
    networks: Networks = Field(default_factory=list)
    calls_per_minute: CallsPerMinute = None


class NewSharedToken(Choice):
    kind: Literal["shared"] = Field(description="The kind of token.")
    name: TokenName = Field(description="Its name.", examples=["Fluent Bit"])
    note: Note = ""
    expires_at: Moment | None = Field(
        default_factory=lambda: clock.now() + RULES[Kind.SHARED].default_lifetime,
        description="In 7 days when it is left out. null is never, if the organisation "
        "lets links be endless.",
        examples=[None],
    )
    networks: Networks = Field(default_factory=list)
    calls_per_minute: CallsPerMinute = None


NewToken = one_of(NewLogToken | NewSharedToken | NewApiToken, by="kind")


@router.post(
    f"{ROOT}/accounts/{{int:pk}}/tokens",
    response=changes(TokenWithSecret, 201),
    summary="Create a token in an account",
    description="Log shipping tokens and shared tokens. An account has its metrics or "
    "tracing token from the start.",
)
@requires(there=of_tokens("create"))
def own_token_create(
    request,
    response: HttpResponse,
    pk: AccountPk,
    body: NewToken,
    idempotency_key: IdempotencyKey = None,
):
    account = account_for(request, pk, operation(body.kind, "create"))

    def create():
        token, secret = MAKERS[body.kind](account, body, by=Actor.calling(request))
        return shown_with(token, secret)

    answer = once(request, idempotency_key, TokenWithSecret, create)
    response["ETag"] = etag(answer)
    return Status(201, answer)


def _log_token(account, body, *, by):
    return Token.issue(
        account=account,
        kind=Kind.LOGS,
        name=body.name,
        note=body.note,
        enabled=body.enabled,
        expires_at=body.expires_at,
        by=by,
        networks=body.networks,
        calls_per_minute=body.calls_per_minute,
    )


def _shared_token(account, body, *, by):
    share, secret = Share.issue(
        account=account,
        name=body.name,
        note=body.note,
        expires_at=body.expires_at,
        by=by,
        networks=body.networks,
        calls_per_minute=body.calls_per_minute,
        **body.choice(account),
    )
    return share.token, secret


MAKERS = {"logs": _log_token, "shared": _shared_token}
