"""Changes of a token's state: its switch, its rotation, its restoring."""

from django.http import HttpResponse
from ninja.responses import Status
from pydantic import Field

from accounts.api.plumbing.guards import requires
from accounts.api.plumbing.idempotency import IdempotencyKey, once
from accounts.api.v1.fields import Flag, IfMatch, Line, StrictBody
from accounts.api.v1.routers import changes, own_router
from accounts.api.v1.versions import etag, seen
from accounts.audit.trail import Actor
from accounts.rule_violations import RuleViolation
from tokens.api.plumbing.secrets import hand_out
from tokens.api.v1.answers import (
    OverlapName,
    TokenAnswer,
    TokenWithSecret,
    shown,
    shown_with,
)
from tokens.api.v1.guards import of_tokens, restorable_too, token_for
from tokens.api.v1.tokens import TOKEN_PATH, TokenPk, answered
from tokens.kinds import OVERLAPS

router = own_router("tokens")


class Reason(StrictBody):
    reason: Line = Field(
        "",
        max_length=200,
        description="Why, in your own words.",
        examples=["Not needed any more"],
    )


class Rotation(StrictBody):
    overlap: OverlapName = Field(
        "24h", description="For how long the secret before goes on working."
    )
    unrestricted: Flag = Field(
        default=False,
        description="Whether networks and limit go with the old secret, of the only "
        "token of a metrics or tracing account; the overlap is `now` then. Others are "
        "made anew.",
        examples=[False],
    )


@router.post(
    f"{TOKEN_PATH}/enable",
    response=changes(TokenAnswer),
    summary="Enable a token, or resume a shared one",
)
@requires(there=of_tokens("enable"))
def own_token_enable(
    request, response: HttpResponse, pk: TokenPk, if_match: IfMatch = None
):
    token = token_for(request, pk, "enable")
    token.enable(by=Actor.calling(request), version=seen(token, if_match))
    return answered(response, token)


@router.post(
    f"{TOKEN_PATH}/disable",
    response=changes(TokenAnswer),
    summary="Disable a token, or pause a shared one",
    description="An API token can disable itself.",
)
@requires(there=of_tokens("disable"))
def own_token_disable(
    request,
    response: HttpResponse,
    pk: TokenPk,
    body: Reason | None = None,
    if_match: IfMatch = None,
):
    token = token_for(request, pk, "disable")
    token.disable(
        by=Actor.calling(request),
        reason=body.reason if body else "",
        version=seen(token, if_match),
    )
    return answered(response, token)


@router.post(
    f"{TOKEN_PATH}/rotate",
    response=changes(TokenWithSecret, 201),
    summary="Give a token a new secret",
    description="The secret before works on for the overlap, or until the rotation is "
    "finished. API tokens are rotated by people only.",
)
@requires(there=of_tokens("rotate"))
def own_token_rotate(
    request,
    response: HttpResponse,
    pk: TokenPk,
    body: Rotation | None = None,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
):
    token = token_for(request, pk, "rotate")

    def rotate():
        asked = body or Rotation()
        secret = token.rotate(
            by=Actor.calling(request),
            overlap=OVERLAPS[asked.overlap],
            unrestricted=asked.unrestricted,
            version=seen(token, if_match),
        )
        return shown_with(token, secret)

    answer = once(request, idempotency_key, TokenWithSecret, rotate)
    response["ETag"] = etag(answer)
    return Status(201, answer)


@router.post(
    f"{TOKEN_PATH}/finish-rotation",
    response=changes(TokenAnswer),
    summary="Stop the secret before the last rotation now",
)
@requires(there=of_tokens("rotate"))
def own_token_finish_rotation(
    request, response: HttpResponse, pk: TokenPk, if_match: IfMatch = None
):
    token = token_for(request, pk, "rotate")
    token.finish_rotation(by=Actor.calling(request), version=seen(token, if_match))
    return answered(response, token)


@router.post(
    f"{TOKEN_PATH}/roll-back",
    response=changes(TokenAnswer),
    summary="Go back to the secret before the last rotation, while it works",
    description="The new secret stops at once.",
)
@requires(there=of_tokens("rotate"))
def own_token_roll_back(
    request, response: HttpResponse, pk: TokenPk, if_match: IfMatch = None
):
    token = token_for(request, pk, "rotate")
    token.roll_back(by=Actor.calling(request), version=seen(token, if_match))
    return answered(response, token)


@router.post(
    f"{TOKEN_PATH}/restore",
    response=changes(TokenAnswer),
    summary="Bring a deleted token back, with the same secret",
    description="It comes back disabled when the limit of enabled tokens is reached. "
    "Who may create such a token may restore one.",
)
@requires(there=of_tokens("create"))
def own_token_restore(
    request,
    response: HttpResponse,
    pk: TokenPk,
    idempotency_key: IdempotencyKey = None,
):
    token = token_for(request, pk, "create", among=restorable_too)

    def restore():
        if token.is_not_deleted:
            raise RuleViolation("not_deleted", f"{token.name} is not deleted.")
        token.restore(by=Actor.calling(request))
        return shown(token)

    answer = once(request, idempotency_key, TokenAnswer, restore)
    response["ETag"] = etag(answer)
    return answer


@router.post(
    f"{TOKEN_PATH}/reveal",
    response=changes(TokenWithSecret),
    summary="Hand out the secret of a token",
    description="The audit trail is told of it first. Secrets of API tokens are "
    "revealed to people only.",
)
@requires(there=of_tokens("reveal"))
def own_token_reveal(request, response: HttpResponse, pk: TokenPk):
    token = token_for(request, pk, "reveal")
    secrets = hand_out([token], by=Actor.calling(request))
    response["ETag"] = etag(token)
    return shown_with(token, secrets[token.pk])
