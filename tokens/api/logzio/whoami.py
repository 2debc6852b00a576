from typing import Annotated

from accounts.api.account_fields import ACCOUNT_ID, ACCOUNT_NAME
from accounts.api.plumbing.areas import Area, router_in
from accounts.api.plumbing.fields import Answer
from accounts.api.plumbing.guards import requires
from accounts.permissions import Operation

router = router_in(Area("whoami"))


class WhoAmI(Answer):
    account_name: Annotated[str, ACCOUNT_NAME]
    account_id: Annotated[int, ACCOUNT_ID]


class WhoAmIByName(Answer):
    account_name: Annotated[str, ACCOUNT_NAME]


@router.get("/v2/whoami", response=WhoAmI, summary="Whose token is this")
@requires(Operation.WHOAMI)
def whoami(request):
    account = request.auth.account
    return WhoAmI(account_name=account.name, account_id=account.pk)


@router.get(
    "/v1/account-management/whoami",
    response=WhoAmIByName,
    summary="Whose token is this, as it was asked before 2021",
    deprecated=True,
)
@requires(Operation.WHOAMI)
def whoami_by_name(request):
    return WhoAmIByName(account_name=request.auth.account.name)
