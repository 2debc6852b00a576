"""Security (SIEM) accounts, with the main account's token."""

from accounts.api.account_bodies import AccountName, Email
from accounts.api.areas import router_in
from accounts.api.bodies import Sparse
from accounts.api.fields import Answer, OptionalFlag, OptionalWholes
from accounts.api.guards import AS_OWNER, requires
from accounts.api.once import IdempotencyKey, once
from accounts.api.opening import AccountArea, new_account, open_account, picked
from accounts.models import AccountKind
from accounts.refusals import Refused

router = router_in(AccountArea("SIEM"))


class NewSecurityAccount(Sparse):
    account_name: AccountName
    email: Email
    accounts_to_scan: OptionalWholes = None
    is_using_repository_account: OptionalFlag = None


class SecurityAccount(Answer):
    account_id: int
    account_name: str
    accounts_to_scan: list[int]
    created_at: str
    is_using_repository_account: bool


@router.post(
    "/v2/account-management/siem",
    response=SecurityAccount,
    summary="Create a security account",
    description="Without a list it scans the main account.",
)
@requires(AS_OWNER)
def security_account_create(
    request, body: NewSecurityAccount, idempotency_key: IdempotencyKey = None
):
    kind, asked = AccountKind.SECURITY, body.accounts_to_scan
    pks = [request.auth.account.pk] if asked is None else asked

    def create():
        scanned = picked(new_account(request, kind), "accounts_to_scan", pks, _unknown)
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
    return Refused("unknown_account", f"account {pk} not found", field="accountsToScan")
