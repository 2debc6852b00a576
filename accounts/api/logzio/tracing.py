"""Tracing accounts of consumption plans, with the main account's token.

Their usage limit is their volume: over it an account stops, so 0 stops it at once.
"""

from typing import Annotated

from pydantic import Field, model_serializer

from accounts import lifecycle
from accounts.api.account_fields import ACCOUNT_ID, ACCOUNT_NAME, FIRST_ADMIN
from accounts.api.examples import LOG_TOKEN
from accounts.api.logzio.account_answers import AccountName as NamedAccount
from accounts.api.logzio.account_answers import Gigabytes
from accounts.api.logzio.account_bodies import AccountName, Amount, Email
from accounts.api.logzio.account_opening import (
    AccountArea,
    new_account,
    open_account,
    picked,
)
from accounts.api.plumbing import default_tokens, error_bodies
from accounts.api.plumbing.areas import router_in
from accounts.api.plumbing.bodies import Body
from accounts.api.plumbing.default_tokens import TokenText
from accounts.api.plumbing.fields import Answer, Whole, Wholes, path_id
from accounts.api.plumbing.guards import (
    MAIN_ACCOUNT_ONLY,
    account_of_kind,
    accounts_for,
    requires,
)
from accounts.api.plumbing.idempotency import IdempotencyKey, once
from accounts.audit.trail import Actor
from accounts.lists import listed
from accounts.models import AccountKind
from accounts.permissions import Operation
from accounts.rule_violations import RuleViolation

ROOT = "/v1/account-management/consumption/tracing-accounts"
READERS = "authorized_accounts"
# What is left out where there is nothing to tell.
OPTIONAL = ("token", "suspension_state", "suspensionState")


class TracingArea(AccountArea):
    """Its codes have no namespace."""

    def coded(self, request, status, code, message, **parameters):
        return error_bodies.coded(request, status, code, message, **parameters)

    def not_found(self, request, message):
        return self.coded(request, 404, "NOT_FOUND", "tracing account not found")


router = router_in(TracingArea("tracing-accounts"))

AccountPk = path_id(1045)


class TracingBody(Body):
    account_name: Annotated[AccountName, ACCOUNT_NAME]
    authorized_account_ids: Wholes = Field(
        description="The accounts that may read the traces.", examples=[[]]
    )
    max_daily_gb: Annotated[
        Amount,
        Field(
            alias="maxDailyGB",
            description="The most gigabytes a day; 0 stops it at once.",
            examples=[5],
        ),
    ]
    email: Annotated[Email, FIRST_ADMIN]

    def values(self):
        return {"name": self.account_name, "soft_limit_gb": self.max_daily_gb}


class SoftLimitBody(Body):
    tracing_account_id: Whole = Field(
        description="The same id as in the path.", examples=[1045]
    )
    soft_limit_gb: Annotated[
        Amount,
        Field(
            alias="softLimitGB", description="The most gigabytes a day.", examples=[5]
        ),
    ]


class SoftLimit(Answer):
    account_id: Annotated[int, ACCOUNT_ID]
    soft_limit_gb: Annotated[
        Gigabytes,
        Field(
            alias="softLimitGB",
            description="The most gigabytes a day; null for no limit.",
            examples=[5],
        ),
    ]


class TracingAccount(Answer):
    account_id: Annotated[int, ACCOUNT_ID]
    account_name: Annotated[str, ACCOUNT_NAME]
    token: TokenText = Field(
        None, description="The whole text of the token.", examples=[LOG_TOKEN]
    )
    max_daily_gb: Annotated[
        Gigabytes,
        Field(
            alias="maxDailyGB",
            description="The most gigabytes a day; null for no limit.",
            examples=[5],
        ),
    ]
    retention: int = Field(
        description="For how many days traces are kept.", examples=[7]
    )
    created_at: str = Field(
        description="When it was made.", examples=["2026-01-01T00:00:00Z"]
    )
    authorized_accounts: list[NamedAccount] = Field(
        description="The accounts that may read the traces."
    )
    suspension_state: str | None = Field(
        None,
        description="Only there while the account is stopped.",
        examples=["SUSPENDED"],
    )

    @model_serializer(mode="wrap")
    def without_gaps(self, serialise):
        said = serialise(self)
        return {
            name: value
            for name, value in said.items()
            if not (value is None and name in OPTIONAL)
        }


@router.get(ROOT, response=list[TracingAccount], summary="List the tracing accounts")
@requires(MAIN_ACCOUNT_ONLY, there=[Operation.ACCOUNT_LIST])
def tracing_account_list(request):
    _check_plan(request)
    accounts = accounts_for(request, Operation.ACCOUNT_LIST)
    found = [each for each in accounts if each.kind == AccountKind.TRACING]
    return _shown(found, secrets={})


@router.post(ROOT, response=TracingAccount, summary="Create a tracing account")
@requires(Operation.ACCOUNT_CREATE, also=[Operation.SHIP_REVEAL])
def tracing_account_create(
    request, body: TracingBody, idempotency_key: IdempotencyKey = None
):
    _check_plan(request)

    def create():
        new = new_account(request, AccountKind.TRACING)
        account = open_account(
            request,
            kind=new.kind,
            email=body.email,
            authorized_accounts=_readers(request, new, body),
            **body.values(),
        )
        return _one(request, account)

    return once(request, idempotency_key, TracingAccount, create)


@router.get(
    f"{ROOT}/{{int:pk}}", response=TracingAccount, summary="Get a tracing account"
)
@requires(
    MAIN_ACCOUNT_ONLY, there=[Operation.ACCOUNT_VIEW], also=[Operation.SHIP_REVEAL]
)
def tracing_account_get(request, pk: AccountPk):
    return _one(request, _find(request, pk, Operation.ACCOUNT_VIEW))


@router.put(
    f"{ROOT}/{{int:pk}}", response=TracingAccount, summary="Change a tracing account"
)
@requires(
    MAIN_ACCOUNT_ONLY,
    there=[Operation.ACCOUNT_EDIT],
    also=[Operation.ACCOUNT_VIEW, Operation.SHIP_REVEAL],
)
def tracing_account_update(request, pk: AccountPk, body: TracingBody):
    account = _find(request, pk, Operation.ACCOUNT_EDIT)
    values = body.values() | {READERS: _readers(request, account, body)}
    lifecycle.edit_account(account, by=Actor.calling(request), **values)
    return _one(request, account)


@router.delete(
    f"{ROOT}/{{int:pk}}", response={200: None}, summary="Delete a tracing account"
)
@requires(
    MAIN_ACCOUNT_ONLY, there=[Operation.ACCOUNT_DELETE], also=[Operation.ACCOUNT_VIEW]
)
def tracing_account_delete(request, pk: AccountPk):
    account = _find(request, pk, Operation.ACCOUNT_DELETE)
    lifecycle.delete_account(account, by=Actor.calling(request))


@router.get(
    f"{ROOT}/{{int:pk}}/soft-limit", response=SoftLimit, summary="Get the usage limit"
)
@requires(MAIN_ACCOUNT_ONLY, there=[Operation.ACCOUNT_VIEW])
def tracing_soft_limit_get(request, pk: AccountPk):
    return _limit_of(_find(request, pk, Operation.ACCOUNT_VIEW))


@router.put(
    f"{ROOT}/{{int:pk}}/soft-limit", response=SoftLimit, summary="Set the usage limit"
)
@requires(
    MAIN_ACCOUNT_ONLY, there=[Operation.ACCOUNT_EDIT], also=[Operation.ACCOUNT_VIEW]
)
def tracing_soft_limit_update(request, pk: AccountPk, body: SoftLimitBody):
    account = _find(request, pk, Operation.ACCOUNT_EDIT)
    if body.tracing_account_id != pk:
        message = "must be the id that the path has"
        raise RuleViolation("other_account", message, field="tracingAccountId")
    limit = {"soft_limit_gb": body.soft_limit_gb}
    lifecycle.edit_account(account, by=Actor.calling(request), **limit)
    return _limit_of(account)


def _check_plan(request):
    if not request.auth.account.organisation.is_consumption:
        message = "account must be of consumption type"
        raise RuleViolation("not_consumption_account", message)


def _find(request, pk, operation):
    _check_plan(request)
    return account_of_kind(request, AccountKind.TRACING, pk, operation)


def _readers(request, account, body):
    return picked(request, account, READERS, body.authorized_account_ids, _unknown)


def _unknown(pk):
    message = f"account {pk} not found"
    return RuleViolation("unknown_account", message, field="authorizedAccountIds")


def _one(request, account):
    secrets = default_tokens.revealed(request, [account])
    (shown,) = _shown([account], secrets)
    return shown


def _shown(accounts, secrets):
    readers = listed(READERS, accounts)
    return [
        TracingAccount(
            account_id=account.pk,
            account_name=account.name,
            token=secrets.get(account.pk),
            max_daily_gb=account.soft_limit_gb,
            retention=account.retention_days,
            created_at=f"{account.created_at:%Y-%m-%dT%H:%M:%SZ}",
            authorized_accounts=[
                NamedAccount(account_id=each.pk, account_name=each.name)
                for each in readers[account.pk]
            ],
            suspension_state=None if account.is_running else "SUSPENDED",
        )
        for account in accounts
    ]


def _limit_of(account):
    return SoftLimit(account_id=account.pk, soft_limit_gb=account.soft_limit_gb)
