"""Metrics accounts, with the main account's token."""

from typing import Annotated

from django.http import Http404
from ninja.responses import Status
from pydantic import Field

from accounts import lifecycle
from accounts.api.account_fields import ACCOUNT_NAME, FIRST_ADMIN
from accounts.api.examples import METRICS_TOKEN, MILLISECONDS
from accounts.api.logzio.account_bodies import AccountName, Email
from accounts.api.logzio.account_opening import (
    AccountArea,
    new_account,
    open_account,
    picked,
)
from accounts.api.plumbing import default_tokens
from accounts.api.plumbing.areas import router_in
from accounts.api.plumbing.bodies import Sparse, Unset
from accounts.api.plumbing.default_tokens import TokenText
from accounts.api.plumbing.fields import (
    Answer,
    OptionalWholes,
    epoch_milliseconds,
    path_id,
    whole,
)
from accounts.api.plumbing.guards import (
    MAIN_ACCOUNT_ONLY,
    account_of_kind,
    accounts_for,
    requires,
)
from accounts.api.plumbing.idempotency import IdempotencyKey, once
from accounts.audit.trail import Actor
from accounts.lists import listed
from accounts.locks import locked
from accounts.models import Account, AccountKind
from accounts.permissions import Operation
from accounts.rule_violations import RuleViolation

ROOT = "/v1/account-management/metrics-accounts"
SUFFIX = "_metrics"
MAX_NAME = Account._meta.get_field("name").max_length
READERS = "authorized_accounts"
NO_SUCH_PERSON = "There is no registered user for the passed email"

router = router_in(AccountArea("METRICS_ACCOUNT"))

AccountPk = path_id(1044)

Series = whole(0)


class MetricsAccountChange(Sparse):
    # Older clients say so that they leave a name out.
    account_name: Annotated[AccountName | None, Unset(), ACCOUNT_NAME] = None
    plan_uts: Series | None = Field(
        None,
        description="Unique time series that the account may have.",
        examples=[1000],
    )
    authorized_accounts_ids: OptionalWholes = Field(
        None,
        description="The ids of the accounts that may read the metrics.",
        examples=[[1043]],
    )

    def values(self):
        """Return what is said by the names of the account's own fields."""
        said = {"name": self.account_name, "plan_uts": self.plan_uts}
        return {name: value for name, value in said.items() if value is not None}


class NewMetricsAccount(MetricsAccountChange):
    account_name: Annotated[AccountName | None, Unset()] = Field(
        None,
        description="The account's name; without it the main account's with `_metrics` "
        "behind it.",
        examples=["Staging metrics"],
    )
    email: Annotated[Email, FIRST_ADMIN]


class MetricsAccount(Answer):
    id: int = Field(description="Its id.", examples=[77])
    account_name: Annotated[str, ACCOUNT_NAME]
    token: TokenText = Field(
        description="The whole text of its metrics token; null where it is not accessible.",
        examples=[METRICS_TOKEN],
    )
    created_at: int = Field(
        description="When it was made, in milliseconds since 1970.",
        examples=[MILLISECONDS],
    )
    plan_uts: int = Field(
        description="Unique time series that the account may have.", examples=[1000]
    )
    authorized_accounts_ids: list[int] = Field(
        description="The ids of the accounts that may read the metrics.",
        examples=[[1043]],
    )


@router.get(ROOT, response=list[MetricsAccount], summary="List the metrics accounts")
@requires(
    MAIN_ACCOUNT_ONLY, there=[Operation.ACCOUNT_LIST], also=[Operation.SHIP_REVEAL]
)
def metrics_account_list(request):
    accounts = accounts_for(request, Operation.ACCOUNT_LIST)
    found = [each for each in accounts if each.kind == AccountKind.METRICS]
    return _shown(request, found)


@router.post(ROOT, response=MetricsAccount, summary="Create a metrics account")
@requires(Operation.ACCOUNT_CREATE, also=[Operation.SHIP_REVEAL])
def metrics_account_create(
    request, body: NewMetricsAccount, idempotency_key: IdempotencyKey = None
):
    readers = body.authorized_accounts_ids or []

    def create():
        new = new_account(request, AccountKind.METRICS)
        with locked(request.auth.account):
            account = open_account(
                request,
                kind=new.kind,
                email=body.email,
                no_person=NO_SUCH_PERSON,
                authorized_accounts=_readers(request, new, readers),
                **{"name": _free_name(new)} | body.values(),
            )
        return _one(request, account)

    return once(request, idempotency_key, MetricsAccount, create)


@router.get(
    f"{ROOT}/{{int:pk}}", response=MetricsAccount, summary="Get a metrics account"
)
@requires(
    MAIN_ACCOUNT_ONLY, there=[Operation.ACCOUNT_VIEW], also=[Operation.SHIP_REVEAL]
)
def metrics_account_get(request, pk: AccountPk):
    return _one(request, _find(request, pk, Operation.ACCOUNT_VIEW))


@router.put(
    f"{ROOT}/{{int:pk}}", response=MetricsAccount, summary="Change a metrics account"
)
@requires(
    MAIN_ACCOUNT_ONLY,
    there=[Operation.ACCOUNT_EDIT],
    also=[Operation.ACCOUNT_VIEW, Operation.SHIP_REVEAL],
)
def metrics_account_update(request, pk: AccountPk, body: MetricsAccountChange):
    account = _find(request, pk, Operation.ACCOUNT_EDIT)
    values = body.values()
    if body.authorized_accounts_ids is not None:
        values[READERS] = _readers(request, account, body.authorized_accounts_ids)
    lifecycle.edit_account(account, by=Actor.calling(request), **values)
    return _one(request, account)


@router.delete(
    f"{ROOT}/{{int:pk}}",
    response={200: None, 204: None},
    summary="Delete a metrics account",
    description="204 says that there is none.",
)
@requires(
    MAIN_ACCOUNT_ONLY, there=[Operation.ACCOUNT_DELETE], also=[Operation.ACCOUNT_VIEW]
)
def metrics_account_delete(request, pk: AccountPk):
    try:
        account = _find(request, pk, Operation.ACCOUNT_DELETE)
    except Http404:
        # The Go client takes 204 as not found, and retries after a 404.
        return Status(204, None)
    lifecycle.delete_account(account, by=Actor.calling(request))
    return Status(200, None)


def _free_name(account):
    """Return the main account's name with a suffix, numbered from the second on."""
    account.name, number = _ending(account.main.name, SUFFIX), 1
    while lifecycle.name_is_taken(account):
        number += 1
        account.name = _ending(account.main.name, f"{SUFFIX}_{number}")
    return account.name


def _ending(name, suffix):
    return name[: MAX_NAME - len(suffix)] + suffix


def _find(request, pk, operation):
    return account_of_kind(request, AccountKind.METRICS, pk, operation)


def _readers(request, account, pks):
    return picked(request, account, READERS, pks, _not_owned)


def _not_owned(pk):
    reason = f"account {pk} is not owned by the main account"
    return RuleViolation(
        "sub_account_not_owned", f"The {reason}.", accountId=pk, reason=reason
    )


def _one(request, account):
    (shown,) = _shown(request, [account])
    return shown


def _shown(request, accounts):
    secrets = default_tokens.revealed(request, accounts)
    readers = listed(READERS, accounts)
    return [
        MetricsAccount(
            id=account.pk,
            account_name=account.name,
            token=secrets.get(account.pk),
            created_at=epoch_milliseconds(account.created_at),
            plan_uts=account.plan_uts or 0,
            authorized_accounts_ids=[each.pk for each in readers[account.pk]],
        )
        for account in accounts
    ]
