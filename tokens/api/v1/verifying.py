"""Verifying a token that somebody has in hand."""

from typing import Literal

from pydantic import Field

from accounts.api.examples import LOG_TOKEN
from accounts.api.plumbing.fields import Text
from accounts.api.plumbing.guards import requires
from accounts.api.v1.fields import Resource, StrictBody
from accounts.api.v1.routers import ROOT, changes, own_router
from accounts.clock import clock
from accounts.permissions import token_may
from tokens.api.v1.answers import TokenAnswer, shown
from tokens.api.v1.guards import of_tokens
from tokens.permissions import USES, operation, why_stopped
from tokens.verification import find_secret

router = own_router("verify")

UNKNOWN = "unknown"
REPLACED = "secret_replaced"


class TokenInHand(StrictBody):
    token: Text = Field(
        description="The whole text of the token.", examples=[LOG_TOKEN]
    )


class Verdict(Resource):
    """`reason` says why a token does not work; `opens` what it is made for."""

    known: bool = Field(
        description="Whether it is a token that the caller may know of.",
        examples=[True],
    )
    works: bool = Field(description="Whether it works right now.", examples=[True])
    reason: str = Field(
        description="Why it does not work; empty when it does.", examples=[""]
    )
    secret: Literal["current", "overlapping", "replaced"] | None = Field(
        description="Which of the token's secrets it is.", examples=["current"]
    )
    opens: list[str] = Field(
        description="What it opens right now.", examples=[["ship logs"]]
    )
    token: TokenAnswer | None = Field(description="The token, when it is known.")


@router.post(
    f"{ROOT}/verify",
    response=changes(Verdict),
    summary="Say which token this is, and whether it works",
    description="A token that the calling token may not see is answered like one that "
    "there is not. Send JSON or a form.",
)
@requires(there=of_tokens("view"))
def own_token_verify(request, body: TokenInHand):
    row = find_secret(body.token)
    if row is None or not _may_view(request, row.token):
        return _verdict(known=False, reason=UNKNOWN)
    token, secret = row.token, _state(row)
    reason = why_stopped(token) or (REPLACED if secret == "replaced" else "")
    return _verdict(
        known=True,
        reason=reason,
        secret=secret,
        opens=sorted(use.name.lower() for use in USES[token.kind]),
        token=shown(token),
    )


def _state(row):
    if row.valid_until is None:
        return "current"
    return "overlapping" if row.valid_until > clock.now() else "replaced"


def _may_view(request, token):
    if token.account is None:
        return False
    return token_may(request.auth, operation(token.kind, "view"), token.account)


def _verdict(*, known, reason, secret=None, opens=(), token=None):
    return Verdict(
        known=known,
        works=not reason,
        reason=reason,
        secret=secret,
        opens=opens,
        token=token,
    )
