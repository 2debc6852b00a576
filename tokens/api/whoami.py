from ninja import Schema

from accounts.api.areas import Area, router_in
from accounts.api.guards import requires
from accounts.permissions import Operation

router = router_in(Area("whoami"))


class WhoAmI(Schema):
    accountName: str  # noqa: N815 -- Logz.io's name
    accountId: int  # noqa: N815 -- Logz.io's name


class AccountName(Schema):
    accountName: str  # noqa: N815 -- Logz.io's name


@router.get("/v2/whoami", response=WhoAmI, summary="Whose token is this")
@requires(Operation.ACCOUNT_VIEW)
def whoami(request):
    account = request.auth.account
    return WhoAmI(accountName=account.name, accountId=account.pk)


@router.get(
    "/v1/account-management/whoami",
    response=AccountName,
    summary="Whose token is this, as it was asked before 2021",
    deprecated=True,
)
@requires(Operation.ACCOUNT_VIEW)
def whoami_by_name(request):
    return AccountName(accountName=request.auth.account.name)
