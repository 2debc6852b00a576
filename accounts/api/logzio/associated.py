from typing import Annotated

from pydantic import Field

from accounts.api.account_fields import ACCOUNT_ID, ACCOUNT_NAME
from accounts.api.plumbing.areas import Area, router_in
from accounts.api.plumbing.fields import Answer
from accounts.api.plumbing.guards import each_account_for, requires
from accounts.api.plumbing.streams import streamed
from accounts.models import AccountKind
from accounts.permissions import Operation

# What Logz.io calls the kinds of accounts.
ACCOUNT_TYPES = {
    AccountKind.MAIN: "OWNER_ACCOUNT",
    AccountKind.SUB: "SUB_ACCOUNT",
    AccountKind.METRICS: "METRICS_ACCOUNT",
    AccountKind.TRACING: "TRACING_ACCOUNT",
    AccountKind.SECURITY: "SECURITY_ACCOUNT",
}

router = router_in(Area("associated-accounts"))


class AssociatedAccount(Answer):
    account_id: Annotated[int, ACCOUNT_ID]
    account_name: Annotated[str, ACCOUNT_NAME]
    type: str = Field(description="The kind of account.", examples=["SUB_ACCOUNT"])


@router.get(
    "/v1/associated-accounts",
    response=list[AssociatedAccount],
    summary="The account of the token, and those below it",
)
@requires(there=[Operation.ACCOUNT_LIST])
def associated_accounts(request):
    return streamed(
        AssociatedAccount(
            account_id=account.pk,
            account_name=account.name,
            type=ACCOUNT_TYPES[account.kind],
        )
        for account in each_account_for(request, Operation.ACCOUNT_LIST)
    )
