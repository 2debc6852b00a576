"""How our own API shows a token."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from accounts.api.own.fields import Answer
from tokens.api.own.guards import KINDS
from tokens.api.secrets import SecretText
from tokens.kinds import OVERLAPS

KindName = Literal[tuple(kind.value for kind in KINDS)]
OverlapName = Literal[tuple(OVERLAPS)]
StateName = Literal["active", "rotating", "disabled", "paused", "expired", "deleted"]


class TokenAnswer(Answer):
    """What is known of a token, but for its secret."""

    id: int
    account_id: int
    account_name: str
    kind: KindName
    name: str
    masked: str = Field(examples=["tgl_8fJ2kQ1x…9aZ0"])
    public_id: str
    state: StateName
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    expires_at: datetime | None
    disabled_at: datetime | None
    disabled_reason: str
    deleted_at: datetime | None
    last_used_at: datetime | None
    last_used_address: str
    last_used_agent: str
    overlap_until: datetime | None = Field(
        description="Until when the secret before the last rotation works as well."
    )
    version: int


class TokenWithSecret(TokenAnswer):
    """A token with its secret, which leaves in the answers that have this shape only."""

    secret: SecretText


def shown(token):
    return TokenAnswer(**_fields(token))


def shown_with(token, secret):
    return TokenWithSecret(**_fields(token), secret=secret)


def _fields(token):
    named = TokenAnswer.model_fields.keys() - {"account_name"}
    fields = {name: getattr(token, name) for name in named}
    return fields | {"account_name": token.account.name}
