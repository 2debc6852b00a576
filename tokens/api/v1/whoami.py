from pydantic import Field

from accounts.api.plumbing.guards import requires
from accounts.api.v1.accounts import AccountAnswer, account_shown
from accounts.api.v1.fields import Resource
from accounts.api.v1.routers import ROOT, own_router, reads
from accounts.permissions import Operation
from tokens.api.v1.answers import TokenAnswer, shown

router = own_router("whoami")


class Caller(Resource):
    token: TokenAnswer = Field(description="The token itself.")
    account: AccountAnswer = Field(description="The token's account.")


@router.get(
    f"{ROOT}/whoami", response=reads(Caller), summary="Whose token is this, and which"
)
@requires(Operation.WHOAMI)
def own_whoami(request):
    token = request.auth
    return Caller(token=shown(token), account=account_shown(token.account))
