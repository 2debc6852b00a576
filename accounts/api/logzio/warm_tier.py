"""How long log accounts keep logs in the warm tier, with the main account's token."""

from typing import Annotated

from django.http import Http404
from pydantic import AliasChoices, Field

from accounts import lifecycle
from accounts.api.account_fields import (
    ACCOUNT_ID,
    RETENTION_DAYS,
    SNAP_SEARCH_RETENTION_DAYS,
)
from accounts.api.logzio.account_opening import AccountArea
from accounts.api.logzio.accounts import ROOT, find
from accounts.api.plumbing.areas import router_in
from accounts.api.plumbing.bodies import Body
from accounts.api.plumbing.error_bodies import CodedError
from accounts.api.plumbing.fields import Answer, path_id, whole
from accounts.api.plumbing.guards import MAIN_ACCOUNT_ONLY, accounts_for, requires
from accounts.audit.trail import Actor
from accounts.permissions import Operation
from accounts.rule_violations import RuleViolation

WARM_DAYS = "snap_search_retention_days"
AREA = AccountArea("TimeBasedAccount")

router = router_in(AREA)

AccountPk = path_id(1042)


class WarmRetention(Body):
    snap_search_retention_days: whole(0) = Field(
        validation_alias=AliasChoices(
            "snapSearchRetentionDays", "snapsearchRetentionDays"
        ),
        description="Days in the warm tier; 0 for none.",
        examples=[5],
    )


class RetentionDetails(Answer):
    account_id: Annotated[int, ACCOUNT_ID]
    retention_days: Annotated[int, RETENTION_DAYS]
    snap_search_retention_days: Annotated[int | None, SNAP_SEARCH_RETENTION_DAYS]
    # What is in the warm tier is not known here.
    last_warm_date: float | None = Field(
        None,
        description="Always null: what the warm tier holds is not known.",
        examples=[None],
    )


@router.put(
    f"{ROOT}/{{int:pk}}/retention-details",
    response={200: list[RetentionDetails], 404: CodedError},
    summary="Set the days in the warm tier",
    description="Answers for the main account and all its sub accounts. The main "
    "account keeps at least 1 day; a sub account has at most as many, and with 0 none.",
)
@requires(
    MAIN_ACCOUNT_ONLY,
    there=[Operation.ACCOUNT_EDIT],
    also=[Operation.ACCOUNT_LIST],
)
def warm_retention_update(request, pk: AccountPk, body: WarmRetention):
    try:
        account = find(request, pk, Operation.ACCOUNT_EDIT)
    except Http404 as error:
        return AREA.coded(request, 404, "ACCOUNT_NOT_FOUND", str(error))
    days = body.snap_search_retention_days
    _check(account, days)
    try:
        lifecycle.edit_account(account, by=Actor.calling(request), **{WARM_DAYS: days})
    except RuleViolation as refusal:
        reason = refusal.parameters.get("reason", refusal.message)
        raise _invalid(account, reason) from refusal
    accounts = accounts_for(request, Operation.ACCOUNT_LIST)
    return [_shown(each) for each in accounts if each.takes_logs]


def _check(account, days):
    """Raise RuleViolation where only the operator can switch the warm tier on or off."""
    if not (account.organisation.warm_tier and account.main.snap_search_retention_days):
        raise _invalid(account, "the warm tier is not enabled for the main account")
    if account.is_main and not days:
        raise _invalid(account, "the main account keeps at least 1 day")


def _invalid(account, reason):
    return RuleViolation(
        "invalid_warm_retention",
        f"Invalid warm retention for account {account.pk}. Reason: {reason}.",
        accountId=account.pk,
    )


def _shown(account):
    return RetentionDetails(
        account_id=account.pk,
        retention_days=account.retention_days,
        snap_search_retention_days=account.snap_search_retention_days,
    )
