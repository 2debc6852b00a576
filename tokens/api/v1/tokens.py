"""One token: to look at, to change, to delete."""

from functools import partial

from django.http import HttpResponse
from ninja.responses import Status
from pydantic import ConfigDict, Field

from accounts.api.plumbing.fields import path_id
from accounts.api.plumbing.guards import requires
from accounts.api.v1.fields import Ids, IfMatch, Moment, StrictBody
from accounts.api.v1.routers import ROOT, changes, own_router, reads
from accounts.api.v1.versions import etag, seen
from accounts.audit.trail import Actor
from accounts.models.accounts import RESTORABLE_DAYS
from accounts.scopes import as_scopes
from tokens.api.plumbing.names import TokenName, TokenNote
from tokens.api.plumbing.scopes import Scopes
from tokens.api.v1.answers import TokenAnswer, shown
from tokens.api.v1.guards import of_tokens, token_for
from tokens.api.v1.restrictions import CallsPerMinute, Networks
from tokens.models.querysets import as_written, lines_as_written

router = own_router("tokens")

TokenPk = path_id(77)

TOKEN_PATH = f"{ROOT}/tokens/{{int:pk}}"
VERBS = {
    "name": "rename",
    "note": "note",
    "expires_at": "expiry",
    "scopes": "narrow",
    "accounts": "narrow",
    "networks": "restrict",
    "calls_per_minute": "restrict",
}


# Scopes are for API tokens alone, which the example is not about.
EXAMPLE = {"name": "Fluent Bit", "networks": ["203.0.113.0/24"]}


class TokenChange(StrictBody):
    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: TokenName = Field(
        default_factory=str, description="Its name.", examples=["Fluent Bit"]
    )
    note: TokenNote = Field(
        default_factory=str,
        description="What it is for; an empty text for no note.",
        examples=["Ships the payments cluster."],
    )
    expires_at: Moment | None = Field(None, description="null: never", examples=[None])
    scopes: Scopes = Field(
        default_factory=list,
        description="The scopes that an API token is kept to from now on: never more "
        "than before.",
        examples=[["read"]],
    )
    accounts: Ids = Field(
        default_factory=list,
        description="The ids of the accounts that an API token of the main account is "
        "kept to from now on: never more than before.",
        examples=[[1042]],
    )
    networks: Networks = Field(default_factory=list)
    calls_per_minute: CallsPerMinute = None

    @property
    def verbs(self):
        """The operations that the caller needs; without a change, to look at it."""
        return [VERBS[name] for name in sorted(self.model_fields_set)] or ["view"]


@router.get(
    TOKEN_PATH, response=reads(TokenAnswer), summary="Get a token, without its secret"
)
@requires(there=of_tokens("view"))
def own_token_get(request, response: HttpResponse, pk: TokenPk):
    return answered(response, token_for(request, pk, "view"))


@router.patch(
    TOKEN_PATH,
    response=changes(TokenAnswer),
    summary="Rename a token, write its note, set when it expires, or restrict it",
    description="What is left out stays as it is. Scopes, accounts, networks and a limit "
    "can be narrowed, and never widened. An API token can narrow its own scopes and "
    "accounts.",
)
@requires(there=of_tokens("rename", "note", "expiry", "narrow", "restrict"))
def own_token_update(
    request,
    response: HttpResponse,
    pk: TokenPk,
    body: TokenChange,
    if_match: IfMatch = None,
):
    token = token_for(request, pk, *body.verbs)
    version, by = seen(token, if_match), Actor.calling(request)
    for change in _differences(token, body):
        change(by=by, version=version)
        version = None
    return answered(response, token)


def _differences(token, body):
    """Yield the changes that are asked for, one after another."""
    asked = body.model_fields_set
    if "name" in asked and as_written(body.name) != token.name:
        yield partial(token.rename, body.name)
    if "note" in asked and lines_as_written(body.note) != token.note:
        yield partial(token.set_note, body.note)
    if "expires_at" in asked and body.expires_at != token.expires_at:
        yield partial(token.set_expiry, body.expires_at)
    if asked & {"scopes", "accounts"}:
        yield partial(token.restrict, **_narrower(body, asked))
    yield from _restrictions(token, body)


def _narrower(body, asked):
    return {
        "scopes": as_scopes(body.scopes) if "scopes" in asked else None,
        "accounts": body.accounts if "accounts" in asked else None,
    }


def _restrictions(token, body):
    asked = body.model_fields_set
    if "networks" in asked:
        yield partial(token.set_networks, body.networks)
    if "calls_per_minute" in asked:
        yield partial(token.set_calls_per_minute, body.calls_per_minute)


@router.delete(
    TOKEN_PATH,
    response=changes(None, 204),
    summary=f"Delete a token; it can be restored for {RESTORABLE_DAYS} days",
    description="An API token can delete itself.",
)
@requires(there=of_tokens("delete"))
def own_token_delete(request, pk: TokenPk, if_match: IfMatch = None):
    token = token_for(request, pk, "delete")
    token.delete_softly(by=Actor.calling(request), version=seen(token, if_match))
    return Status(204, None)


def answered(response, token):
    """Return a token as it is answered, with its version in a header."""
    response["ETag"] = etag(token)
    return shown(token)
