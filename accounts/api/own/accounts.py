"""The accounts that a token knows of."""

from datetime import datetime
from typing import Literal

from django.http import HttpResponse
from ninja import Query

from accounts.api.fields import Text
from accounts.api.guards import account_for, accounts_for, requires
from accounts.api.own.fields import Answer
from accounts.api.own.pages import Paging
from accounts.api.own.routers import ROOT, own_router, reads
from accounts.api.own.versions import etag
from accounts.models import Account, AccountKind
from accounts.permissions import Operation

router = own_router("accounts")

KindName = Literal[tuple(AccountKind.values)]


class AccountAnswer(Answer):
    id: int
    name: str
    kind: KindName
    state: Literal["active", "suspended"]
    accessible: bool
    searchable: bool
    created_at: datetime
    version: int


class Accounts(Answer):
    items: list[AccountAnswer]
    next: str | None


class AccountQuery(Paging):
    kind: list[KindName] = []
    name: Text = ""


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
def own_account_get(request, response: HttpResponse, pk: int):
    account = account_for(request, pk, Operation.ACCOUNT_VIEW)
    response["ETag"] = etag(account)
    return account_shown(account)


def account_shown(account):
    fields = {name: getattr(account, name) for name in AccountAnswer.model_fields}
    return AccountAnswer(**fields)
