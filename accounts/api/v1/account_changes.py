"""Accounts with their settings: to list, to make, to change, to delete."""

from django.http import HttpResponse
from ninja import Query
from ninja.responses import Status
from pydantic import Field

from accounts import lifecycle
from accounts.api.logzio.account_opening import new_account, picked
from accounts.api.plumbing.guards import account_for, accounts_for, requires
from accounts.api.plumbing.idempotency import IdempotencyKey, once
from accounts.api.v1.account_settings import (
    ACCOUNT_SETTINGS,
    FLAG_FIELDS,
    OF_KIND,
    AccountChange,
    AccountWithSettings,
    NewAccount,
)
from accounts.api.v1.accounts import AccountPk, AccountQuery, account_fields
from accounts.api.v1.fields import IfMatch, Resource
from accounts.api.v1.pages import NextCursor
from accounts.api.v1.routers import ROOT, changes, own_router, reads
from accounts.api.v1.versions import etag, seen
from accounts.audit.trail import Actor
from accounts.lists import LISTS, listed
from accounts.models import Account
from accounts.models.accounts import RESTORABLE_DAYS
from accounts.permissions import Operation
from accounts.rule_violations import RuleViolation

router = own_router("accounts")

ACCOUNTS = f"{ROOT}/accounts"
ACCOUNT = f"{ACCOUNTS}/{{int:pk}}"


class Accounts(Resource):
    items: list[AccountWithSettings] = Field(description="What is on this page.")
    next: NextCursor


@router.get(
    ACCOUNTS,
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
    return Accounts(items=_shown(page.items), next=page.next)


@router.post(
    ACCOUNTS,
    response=changes(AccountWithSettings, 201),
    summary="Create a sub, metrics, tracing or security account",
    description="With the main account's token. What is left out is as in the portal. "
    "Its first token comes with it.",
)
@requires(Operation.ACCOUNT_CREATE)
def own_account_create(
    request,
    response: HttpResponse,
    body: NewAccount,
    idempotency_key: IdempotencyKey = None,
):
    main = request.auth.account

    def create():
        values = _values(request, new_account(request, body.kind), body)
        account = lifecycle.open_account(
            main.organisation, kind=body.kind, by=Actor.calling(request), **values
        )
        return _one(account)

    answer = once(request, idempotency_key, AccountWithSettings, create)
    response["ETag"] = etag(answer)
    return Status(201, answer)


@router.get(
    ACCOUNT,
    response=reads(AccountWithSettings),
    summary="Get an account, with settings",
)
@requires(there=[Operation.ACCOUNT_VIEW])
def own_account_get(request, response: HttpResponse, pk: AccountPk):
    return _answered(response, account_for(request, pk, Operation.ACCOUNT_VIEW))


@router.patch(
    ACCOUNT,
    response=changes(AccountWithSettings),
    summary="Change the settings of an account",
    description="What is left out stays as it is.",
)
@requires(there=[Operation.ACCOUNT_EDIT, Operation.ACCOUNT_FLAGS])
def own_account_update(
    request,
    response: HttpResponse,
    pk: AccountPk,
    body: AccountChange,
    if_match: IfMatch = None,
):
    account = account_for(request, pk, Operation.ACCOUNT_EDIT)
    values = _values(request, account, body)
    if any(values.get(name, now) != now for name, now in _flags(account)):
        account_for(request, pk, Operation.ACCOUNT_FLAGS)
    lifecycle.edit_account(
        account, by=Actor.calling(request), version=seen(account, if_match), **values
    )
    return _answered(response, account)


@router.delete(
    ACCOUNT,
    response=changes(None, 204),
    summary="Delete an account of a child; staff can restore it for "
    f"{RESTORABLE_DAYS} days",
    description="Its tokens stop at once.",
)
@requires(there=[Operation.ACCOUNT_DELETE])
def own_account_delete(request, pk: AccountPk, if_match: IfMatch = None):
    account = account_for(request, pk, Operation.ACCOUNT_DELETE)
    lifecycle.delete_account(
        account, by=Actor.calling(request), version=seen(account, if_match)
    )
    return Status(204, None)


def _flags(account):
    return [(name, getattr(account, name)) for name in FLAG_FIELDS]


def _values(request, account, body):
    """Return what a body says, with accounts in place of their ids.

    Raises RuleViolation for a setting that such an account does not have.
    """
    values = body.model_dump(exclude_unset=True, exclude={"kind"})
    for name in values:
        _check(account, name)
    for name in LISTS:
        if name in values:
            values[name] = picked(request, account, name, values[name], _unknown(name))
    return values


def _check(account, name):
    if name not in OF_KIND[account.kind]:
        noun = account.get_kind_display().lower()
        message = f"There is no such setting of a {noun}."
        raise RuleViolation("not_of_this_kind", message, field=name)
    if name == "max_daily_gb" and _has_the_rest(account):
        message = "The main account has what its children leave of the plan."
        raise RuleViolation("of_the_plan", message, field=name)


def _has_the_rest(account):
    return account.is_main and not account.organisation.is_flexible


def _unknown(field):
    def refuse(pk):
        message = f"There is no account {pk} that can be on this list."
        return RuleViolation("unknown_account", message, field=field)

    return refuse


def _one(account):
    (shown,) = _shown([account])
    return shown


def _answered(response, account):
    response["ETag"] = etag(account)
    return _one(account)


def _shown(accounts):
    lists = {name: listed(name, accounts) for name in LISTS}
    return [
        AccountWithSettings(**account_fields(account) | _settings(account, lists))
        for account in accounts
    ]


def _settings(account, lists):
    values = {name: None for name in ACCOUNT_SETTINGS if name not in FLAG_FIELDS}
    for name in OF_KIND[account.kind]:
        values[name] = (
            [each.pk for each in lists[name][account.pk]]
            if name in LISTS
            else getattr(account, name)
        )
    return values
