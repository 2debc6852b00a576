"""How our own API shows a token."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from accounts.api.examples import LOG_TOKEN, TIME
from accounts.api.v1.fields import Resource
from tokens.api.plumbing.secrets import SecretText
from tokens.api.v1.guards import ACCOUNT_TOKEN_KINDS
from tokens.kinds import OVERLAPS
from tokens.least_privilege import ids_in, scopes_of
from tokens.states import State

KindName = Literal[tuple(kind.value for kind in ACCOUNT_TOKEN_KINDS)]
OverlapName = Literal[tuple(OVERLAPS)]
# What is no column of a token, or one in a spelling of its own.
WORKED_OUT = {"account_name", "state", "scopes", "accounts", "networks"}
StateName = Literal[tuple(State.values)]


class TokenAnswer(Resource):
    """What is known of a token, but for its secret."""

    id: int = Field(description="Its id.", examples=[77])
    account_id: int = Field(
        description="The id of the account that it belongs to.", examples=[1042]
    )
    account_name: str = Field(description="The account's name.", examples=["Staging"])
    kind: KindName = Field(description="The kind of token.", examples=["logs"])
    name: str = Field(description="Its name.", examples=["Fluent Bit"])
    # An answer that is repeated may be from before there were notes.
    note: str = Field(
        "",
        description="What it is for, in lines.",
        examples=["Ships the payments cluster.\nAsk: #team-payments"],
    )
    masked: str = Field(
        examples=["tgl_8fJ2kQ1x…9aZ0"], description="The token without its middle."
    )
    public_id: str = Field(
        description="What may be shown and logged of its text.", examples=["8fJ2kQ1x"]
    )
    state: StateName = Field(
        description="Whether it works, in one word.", examples=["active"]
    )
    created_at: datetime = Field(description="When it was made.", examples=[TIME])
    created_by: str = Field(description="Who made it.", examples=["dana@acme.example"])
    updated_at: datetime = Field(
        description="When it was changed last.", examples=[TIME]
    )
    updated_by: str = Field(
        description="Who changed it last.", examples=["dana@acme.example"]
    )
    expires_at: datetime | None = Field(
        description="When it stops; null for never.", examples=[None]
    )
    disabled_at: datetime | None = Field(
        description="When it was disabled or paused.", examples=[None]
    )
    disabled_reason: str = Field(description="Why, if somebody said so.", examples=[""])
    deleted_at: datetime | None = Field(
        description="When it was deleted.", examples=[None]
    )
    last_used_at: datetime | None = Field(
        description="When it was used last; null for never.", examples=[TIME]
    )
    last_used_address: str = Field(
        description="From where it was used last.", examples=["203.0.113.9"]
    )
    last_used_agent: str = Field(
        description="By which client it was used last.", examples=["Fluent-Bit"]
    )
    overlap_until: datetime | None = Field(
        description="Until when the secret before the last rotation works as well.",
        examples=[None],
    )
    # An answer that is repeated may be from before there were any.
    scopes: list[str] | None = Field(
        None,
        description="What an API token may do: `everything`, or the names of scopes; "
        "null for other kinds.",
        examples=[["accounts:read", "shipping:write"]],
    )
    accounts: list[int] | None = Field(
        None,
        description="The ids of the accounts that an API token of the main account is "
        "kept to; null for all.",
        examples=[[1042]],
    )
    # As the note: what is repeated may be older.
    networks: list[str] = Field(
        [],
        description="Where it may be used from; empty for anywhere.",
        examples=[["203.0.113.0/24"]],
    )
    calls_per_minute: int | None = Field(
        None,
        description="How many calls a minute it is good for; null for any number.",
        examples=[600],
    )
    version: int = Field(
        description="How often it was changed, as in ETag.", examples=[3]
    )


class TokenWithSecret(TokenAnswer):
    """A token with its secret, which leaves in the answers that have this shape only."""

    secret: SecretText = Field(
        description="The whole text of the token.", examples=[LOG_TOKEN]
    )


def shown(token):
    return TokenAnswer(**_fields(token))


def shown_with(token, secret):
    return TokenWithSecret(**_fields(token), secret=secret)


def _fields(token):
    named = TokenAnswer.model_fields.keys() - WORKED_OUT
    fields = {name: getattr(token, name) for name in named}
    return fields | {
        "account_name": token.account.name,
        "state": token.effective_state,
        "scopes": scopes_of(token),
        "accounts": ids_in(token.kept_to),
        "networks": token.networks.split(),
    }
