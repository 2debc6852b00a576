"""The accounts that a token knows of."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from accounts.api.examples import TIME
from accounts.api.plumbing.fields import Text, path_id
from accounts.api.v1.fields import Resource
from accounts.api.v1.pages import Paging
from accounts.models import AccountKind

AccountPk = path_id(1042)

KindName = Literal[tuple(AccountKind.values)]


class AccountAnswer(Resource):
    id: int = Field(description="Its id.", examples=[77])
    name: str = Field(description="The account's name.", examples=["Staging"])
    kind: KindName = Field(description="The kind of account.", examples=["sub"])
    state: Literal["active", "suspended"] = Field(
        description="Whether its tokens work.", examples=["active"]
    )
    accessible: bool = Field(
        description="Whether people and tokens of the main account get in.",
        examples=[True],
    )
    searchable: bool = Field(
        description="Whether the main account's tokens may search it.", examples=[True]
    )
    created_at: datetime = Field(description="When it was made.", examples=[TIME])
    version: int = Field(
        description="How often it was changed, as in ETag.", examples=[3]
    )


class AccountQuery(Paging):
    kind: list[KindName] = Field([], description="Only accounts of these kinds.")
    name: Text = Field("", description="Only accounts whose names have this in them.")


def account_shown(account):
    return AccountAnswer(**account_fields(account))


def account_fields(account):
    return {name: getattr(account, name) for name in AccountAnswer.model_fields}
