"""Token introspection (RFC 7662), for whatever is no proxy and asks about a token."""

from typing import Annotated, ClassVar

from django.conf import settings
from django.db import connection
from django.http import JsonResponse
from ninja import Form, Schema
from ninja.security import APIKeyHeader
from pydantic import ConfigDict, Field

from accounts.api.examples import LOG_TOKEN
from accounts.api.plumbing.areas import Area, router_in
from accounts.api.plumbing.fields import Answer, Text
from accounts.web import addresses
from gateway.verify.credentials import BY_TOKEN
from gateway.verify.decisions import PASS, decide
from gateway.verify.signal import ASK, SIGNALS
from sharing.models import Share
from tokens.kinds import Kind
from tokens.permissions import Use, is_elsewhere
from tokens.request_headers import token_in
from tokens.usage_counters import note_use
from tokens.verification import verify
from tokens.without_mac import latest


class OAuthError(Answer):
    """An error as OAuth has them (RFC 6749, section 5.2)."""

    model_config = ConfigDict(alias_generator=None)

    error: str = Field(
        description="What went wrong, for programs.", examples=["invalid_client"]
    )
    error_description: str = Field(
        description="What went wrong, for people.", examples=["Only gateways may ask."]
    )


class IntrospectionArea(Area):
    part: ClassVar = "gateways"
    failures: ClassVar = dict.fromkeys((400, 401, 411, 413, 500, 503), (OAuthError,))

    def unauthenticated(self, request):
        response = _error(401, "invalid_client", "Only gateways may ask.")
        response["WWW-Authenticate"] = 'Bearer realm="tollgate"'
        return response

    def invalid(self, request, problems):
        return _error(400, "invalid_request", "Send the token as a form field `token`.")

    def failed(self, request, status, code, message):
        return _error(status, code.lower(), message)


def _error(status, code, description):
    body = {"error": code, "error_description": description}
    return JsonResponse(body, status=status)


class GatewayToken(APIKeyHeader):
    """The gateway's own token: `X-Tollgate-Gateway`, or `Authorization: Bearer`."""

    param_name = "X-Tollgate-Gateway"

    def authenticate(self, request, key):
        shown = key or token_in(request.META)
        token = verify(shown, Use.ASK, addresses.client_address(request))
        if token:
            note_use(request, token)
        return token


class Clause(Schema):
    field: str = Field(
        description="The field of a log that has to be equal to the value.",
        examples=["env"],
    )
    value: str = Field(
        description="What the field is to be equal to.", examples=["prod"]
    )


class Introspection(Schema):
    """`scope` lists the signals that the token opens, `aud` the accounts behind them.

    `filters` are alternatives, each a list of what must all hold; null: no filters.
    """

    active: bool = Field(
        description="Whether it opens anything right now.", examples=[True]
    )
    scope: str | None = Field(
        None, description="What it opens, with spaces between.", examples=["logs"]
    )
    token_type: str | None = Field(
        None, description="The kind of token.", examples=["logs"]
    )
    client_id: str | None = Field(
        None, description="The id of the token's account.", examples=["1042"]
    )
    sub: str | None = Field(None, description="The token's id.", examples=["77"])
    aud: list[str] | None = Field(
        None, description="The ids of the accounts that it opens.", examples=[["1042"]]
    )
    iss: str | None = Field(
        None,
        description="The portal that knows the token.",
        examples=["https://tollgate.example.com"],
    )
    iat: int | None = Field(
        None,
        description="When it was made, in seconds since 1970.",
        examples=[1767225600],
    )
    exp: int | None = Field(
        None, description="When it stops, in seconds since 1970.", examples=[1769860800]
    )
    filters: list[list[Clause]] | None = Field(
        None,
        description="Alternatives, each a list of what must all hold; null for no filters.",
        examples=[[[{"field": "env", "value": "prod"}]]],
    )
    networks: list[str] | None = Field(
        None,
        description="Where it may be used from, if not from anywhere.",
        examples=[["203.0.113.0/24"]],
    )
    calls_per_minute: int | None = Field(
        None, description="How often, if there is a limit.", examples=[600]
    )


TokenText = Annotated[
    Text, Form(description="The whole text of the token.", examples=[LOG_TOKEN])
]

ClientAddress = Annotated[
    str,
    Form(
        description="Where its client is: a token that is kept to networks is not active "
        "without it.",
        examples=["203.0.113.9"],
    ),
]

router = router_in(IntrospectionArea("introspection"))


@router.post(
    "/gateway/introspect",
    auth=GatewayToken(),
    response=Introspection,
    exclude_unset=True,
    summary="Say what a token is good for",
)
def introspect(request, token: TokenText, client_address: ClientAddress = ""):
    secret = BY_TOKEN.read(token, latest.listed)
    found = secret and BY_TOKEN.find(connection, secret)
    if found is None:
        return Introspection(active=False)
    row, _ = found
    if is_elsewhere(row.token, addresses.read_address(client_address)):
        return Introspection(active=False)
    opened = {
        name: dict(decision.headers)
        for name, signal in {"ask": ASK, **SIGNALS}.items()
        if (decision := decide(signal, row)).status is PASS
    }
    return _described(row, opened) if opened else Introspection(active=False)


def _described(row, opened):
    token = row.token
    ends = [end for end in (token.expires_at, row.valid_until) if end]
    described = {
        "scope": " ".join(sorted(opened)),
        "token_type": token.kind,
        "client_id": str(token.account_id or "gateway"),
        "sub": str(token.pk),
        "aud": _accounts(opened),
        "iss": settings.APP_URL,
        "iat": int(token.created_at.timestamp()),
    }
    if ends:
        described["exp"] = int(min(ends).timestamp())
    if token.networks:
        described["networks"] = token.networks.split()
    if token.calls_per_minute:
        described["calls_per_minute"] = token.calls_per_minute
    if token.kind == Kind.SHARED:
        described["filters"] = _filters(token)
    return Introspection(active=True, **described)


def _accounts(opened):
    named = (headers.get("X-Tollgate-Accounts", "") for headers in opened.values())
    return sorted({pk for pks in named for pk in pks.split(",") if pk}, key=int)


def _filters(token):
    scope = Share.objects.prefetch_related("filters").get(pk=token.pk).scope
    return [
        [Clause(field=field, value=value) for field, value in sorted(alternative)]
        for alternative in scope
    ]
