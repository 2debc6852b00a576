"""Time-based accounts: the main account and its sub accounts, with the main token."""

from django.http import Http404
from ninja.responses import Status

from accounts import lifecycle
from accounts.api.logzio.account_answers import (
    SHARING,
    AccountMade,
    AccountSerializer,
    DetailedTimeBasedAccount,
    TimeBasedAccount,
)
from accounts.api.logzio.account_bodies import (
    NewTimeBasedAccount,
    TimeBasedAccountChange,
)
from accounts.api.logzio.account_opening import (
    AccountArea,
    new_account,
    open_account,
    picked,
)
from accounts.api.plumbing import default_tokens
from accounts.api.plumbing.areas import router_in
from accounts.api.plumbing.fields import path_id
from accounts.api.plumbing.guards import (
    MAIN_ACCOUNT_ONLY,
    account_for,
    accounts_for,
    each_account_for,
    requires,
)
from accounts.api.plumbing.idempotency import IdempotencyKey, once
from accounts.api.plumbing.streams import streamed
from accounts.audit.trail import Actor
from accounts.models import AccountKind
from accounts.permissions import Operation
from accounts.rule_violations import RuleViolation

ROOT = "/v1/account-management/time-based-accounts"
FLAGS = ("searchable", "accessible")
# What of the main account belongs to the plan, under its names on the wire.
OF_THE_PLAN = {
    "retention_days": "retentionDays",
    "max_daily_gb": "maxDailyGB",
    "reserved_daily_gb": "reservedDailyGB",
}

router = router_in(AccountArea("TimeBasedAccount"))

AccountPk = path_id(1042)


@router.get(ROOT, response=list[TimeBasedAccount], summary="List the log accounts")
@requires(MAIN_ACCOUNT_ONLY, there=[Operation.ACCOUNT_LIST])
def account_list(request):
    accounts = each_account_for(request, Operation.ACCOUNT_LIST)
    found = (account for account in accounts if account.takes_logs)
    return streamed(AccountSerializer(request.auth.account).plain(found))


@router.post(
    ROOT,
    response=AccountMade,
    summary="Create a sub account",
    description="The answer has the account's default log shipping token.",
)
@router.post(
    "/v1/account-management",
    response=AccountMade,
    summary="Create a sub account, as it was done in 2018",
    operation_id="account_create_2018",
    deprecated=True,
)
@requires(Operation.ACCOUNT_CREATE)
def account_create(
    request, body: NewTimeBasedAccount, idempotency_key: IdempotencyKey = None
):
    kind = AccountKind.SUB
    shared = body.sharing_objects_accounts

    def create():
        account = open_account(
            request,
            kind=kind,
            email=body.email,
            sharing_objects_accounts=_shared(
                request, new_account(request, kind), shared
            ),
            **body.values(),
        )
        secret = default_tokens.of_new_account(request, account)
        return AccountMade(account_id=account.pk, account_token=secret)

    return once(request, idempotency_key, AccountMade, create)


@router.get(
    f"{ROOT}/detailed",
    response=list[DetailedTimeBasedAccount],
    summary="List the log accounts with their default tokens",
)
@requires(
    MAIN_ACCOUNT_ONLY, there=[Operation.ACCOUNT_LIST], also=[Operation.SHIP_REVEAL]
)
def account_list_detailed(request):
    return _detailed(request, _all(request))


@router.get(
    f"{ROOT}/detailed/{{int:pk}}",
    response=DetailedTimeBasedAccount,
    summary="Get a log account with its default token",
)
@requires(
    MAIN_ACCOUNT_ONLY, there=[Operation.ACCOUNT_VIEW], also=[Operation.SHIP_REVEAL]
)
def account_get_detailed(request, pk: AccountPk):
    (shown,) = _detailed(request, [find(request, pk, Operation.ACCOUNT_VIEW)])
    return shown


@router.get(
    f"{ROOT}/{{int:pk}}", response=TimeBasedAccount, summary="Get a log account"
)
@requires(MAIN_ACCOUNT_ONLY, there=[Operation.ACCOUNT_VIEW])
def account_get(request, pk: AccountPk):
    account = find(request, pk, Operation.ACCOUNT_VIEW)
    (shown,) = AccountSerializer(request.auth.account).plain([account])
    return shown


@router.put(
    f"{ROOT}/{{int:pk}}",
    response={204: None},
    summary="Replace all settings of a log account",
)
@requires(MAIN_ACCOUNT_ONLY, there=[Operation.ACCOUNT_EDIT, Operation.ACCOUNT_FLAGS])
def account_update(request, pk: AccountPk, body: TimeBasedAccountChange):
    account = find(request, pk, Operation.ACCOUNT_EDIT)
    values = body.values(account)
    if account.is_main:
        values = _of_main(request, account, body, values)
    if any(values.get(name, now) != now for name, now in _flags(account)):
        account_for(request, pk, Operation.ACCOUNT_FLAGS)
    shared = body.sharing_objects_accounts
    if shared is not None:
        values[SHARING] = _shared(request, account, shared)
    lifecycle.edit_account(account, by=Actor.calling(request), **values)
    return Status(204, None)


@router.delete(
    f"{ROOT}/{{int:pk}}", response={204: None}, summary="Delete a sub account"
)
@requires(
    MAIN_ACCOUNT_ONLY, there=[Operation.ACCOUNT_DELETE], also=[Operation.ACCOUNT_VIEW]
)
def account_delete(request, pk: AccountPk):
    account = find(request, pk, Operation.ACCOUNT_VIEW)
    lifecycle.refuse_main(account, "deleted")
    account_for(request, pk, Operation.ACCOUNT_DELETE)
    lifecycle.delete_account(account, by=Actor.calling(request))
    return Status(204, None)


def _all(request):
    accounts = accounts_for(request, Operation.ACCOUNT_LIST)
    return [account for account in accounts if account.takes_logs]


def find(request, pk, operation):
    account = account_for(request, pk, operation)
    if not account.takes_logs:
        raise Http404(f"account {pk} not found")
    return account


def _flags(account):
    return [(name, getattr(account, name)) for name in FLAGS]


def _detailed(request, accounts):
    secrets = default_tokens.revealed(request, accounts)
    return AccountSerializer(request.auth.account).detailed(accounts, secrets)


def _shared(request, account, pks):
    return picked(request, account, SHARING, pks, _unknown)


def _unknown(pk):
    return RuleViolation(
        "unknown_account", f"account {pk} not found", field="sharingObjectsAccounts"
    )


def _of_main(request, main, body, values):
    """Return the change without what stays; raise RuleViolation for what the plan says.

    Main stays open when nothing is said of it, since a default would shut it.
    """
    fixed = set(OF_THE_PLAN) if not main.is_flexible else {"retention_days"}
    shown = {name: getattr(main, name) for name in fixed}
    if not main.is_flexible:
        shown["max_daily_gb"] = AccountSerializer(main).max_daily_gb(main)
    for name in fixed:
        asked = getattr(body, name)
        if asked and asked != shown[name]:
            message = "cannot be changed for the main account"
            raise RuleViolation("of_the_plan", message, field=OF_THE_PLAN[name])
    silent = {name for name in FLAGS if not body.says(name)}
    return {name: value for name, value in values.items() if name not in fixed | silent}
