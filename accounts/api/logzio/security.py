"""Security (SIEM) accounts, with the main account's token."""

from typing import Annotated

from pydantic import Field

from accounts.api.account_fields import ACCOUNT_ID, ACCOUNT_NAME, FIRST_ADMIN
from accounts.api.logzio.account_bodies import AccountName, Email
from accounts.api.logzio.account_opening import (
    AccountArea,
    new_account,
    open_account,
    picked,
)
from accounts.api.plumbing.areas import router_in
from accounts.api.plumbing.bodies import Sparse
from accounts.api.plumbing.fields import Answer, OptionalFlag, OptionalWholes
from accounts.api.plumbing.guards import requires
from accounts.api.plumbing.idempotency import IdempotencyKey, once
from accounts.models import AccountKind
from accounts.permissions import Operation
from accounts.rule_violations import RuleViolation

router = router_in(AccountArea("SIEM"))


class NewSecurityAccount(Sparse):
    account_name: Annotated[AccountName, ACCOUNT_NAME]
    email: Annotated[Email, FIRST_ADMIN]
    accounts_to_scan: OptionalWholes = Field(
        None,
        description="The ids of the log accounts that it reads.",
        examples=[[1042]],
    )
    is_using_repository_account: OptionalFlag = Field(
        None, description="Kept, and of no effect here.", examples=[False]
    )


class SecurityAccount(Answer):
    account_id: Annotated[int, ACCOUNT_ID]
    account_name: Annotated[str, ACCOUNT_NAME]
    accounts_to_scan: list[int] = Field(
        description="The ids of the log accounts that it reads.", examples=[[1042]]
    )
    created_at: str = Field(
        description="When it was made.", examples=["2026-01-01T00:00:00Z"]
    )
    is_using_repository_account: bool = Field(
        description="Kept, and of no effect here.", examples=[False]
    )


@router.post(
    "/v2/account-management/siem",
    response=SecurityAccount,
    summary="Create a security account",
    description="Without a list it scans the main account.",
)
@requires(Operation.ACCOUNT_CREATE)
def security_account_create(
    request, body: NewSecurityAccount, idempotency_key: IdempotencyKey = None
):
    kind, asked = AccountKind.SECURITY, body.accounts_to_scan
    pks = [request.auth.account.pk] if asked is None else asked

    def create():
        scanned = picked(
            request, new_account(request, kind), "accounts_to_scan", pks, _unknown
        )
        account = open_account(
            request,
            kind=kind,
            email=body.email,
            name=body.account_name,
            accounts_to_scan=scanned,
            is_using_repository_account=bool(body.is_using_repository_account),
        )
        return _shown(account, scanned)

    return once(request, idempotency_key, SecurityAccount, create)


def _shown(account, scanned):
    return SecurityAccount(
        account_id=account.pk,
        account_name=account.name,
        accounts_to_scan=[each.pk for each in scanned],
        created_at=f"{account.created_at:%Y-%m-%dT%H:%M:%SZ}",
        is_using_repository_account=account.is_using_repository_account,
    )


def _unknown(pk):
    return RuleViolation(
        "unknown_account", f"account {pk} not found", field="accountsToScan"
    )
