"""The accounts that a token knows of."""

from datetime import datetime
from typing import Literal

from django.http import HttpResponse
from ninja import Query
from pydantic import Field

from accounts.api.examples import TIME
from accounts.api.plumbing.fields import Text, path_id
from accounts.api.plumbing.guards import account_for, accounts_for, requires
from accounts.api.v1.fields import Resource
from accounts.api.v1.pages import Paging
from accounts.api.v1.routers import ROOT, own_router, reads
from accounts.api.v1.versions import etag
from accounts.models import Account, AccountKind
from accounts.permissions import Operation

router = own_router("accounts")

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


class Accounts(Resource):
    items: list[AccountAnswer] = Field(description="What is on this page.")
    next: str | None = Field(
        description="The cursor of the next page; null on the last one.",
        examples=[None],
    )


class AccountQuery(Paging):
    kind: list[KindName] = Field([], description="Only accounts of these kinds.")
    name: Text = Field("", description="Only accounts whose names have this in them.")


@router.get(
    f"{ROOT}/accounts",
    response=reads(Accounts),
    summary="List the accounts that the token may see, by name",
)
@requires(there=[Operation.ACCOUNT_LIST])
def own_account_list(request, response: HttpResponse, asked: Query[AccountQuery]):
    visible = accounts_for(request, Operation.ACCOUNT_LIST)
    accounts = Account.objects.filter(pk__in=[account.pk for account in visible])
    accounts = accounts.matching(asked.name).select_related("organisation")
    if asked.kind:
        accounts = accounts.of_kind(*asked.kind)
    page = asked.page(request, response, accounts, "name")
    return Accounts(items=[account_shown(each) for each in page], next=page.next)


@router.get(
    f"{ROOT}/accounts/{{int:pk}}",
    response=reads(AccountAnswer),
    summary="Get an account",
)
@requires(there=[Operation.ACCOUNT_VIEW])
def own_account_get(request, response: HttpResponse, pk: AccountPk):
    account = account_for(request, pk, Operation.ACCOUNT_VIEW)
    response["ETag"] = etag(account)
    return account_shown(account)


def account_shown(account):
    fields = {name: getattr(account, name) for name in AccountAnswer.model_fields}
    return AccountAnswer(**fields)
