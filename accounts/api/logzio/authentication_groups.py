"""Groups of a single sign-on, which no account has."""

from typing import Annotated

from ninja import Body
from pydantic import Field

from accounts.api.logzio.user_bodies import RoleName
from accounts.api.plumbing.areas import Area, router_in
from accounts.api.plumbing.bodies import Sparse
from accounts.api.plumbing.fields import MAX_ITEMS, Answer, Text
from accounts.api.plumbing.guards import requires
from accounts.permissions import Operation
from accounts.rule_violations import RuleViolation

ROOT = "/v1/authentication/groups"

router = router_in(Area("authentication"))


class Group(Sparse):
    group: Text = Field(
        description="The name of the group where people sign in.", examples=["platform"]
    )
    user_role: RoleName = Field(
        description="What its people may do.", examples=["USER_ROLE_REGULAR"]
    )


class AuthenticationGroup(Answer):
    group: str = Field(
        description="The name of the group where people sign in.", examples=["platform"]
    )
    user_role: str = Field(
        description="What its people may do.", examples=["USER_ROLE_REGULAR"]
    )


@router.get(ROOT, response=list[AuthenticationGroup], summary="List the groups")
@requires(Operation.USER_LIST)
def authentication_group_list(request):
    return []


@router.post(
    ROOT,
    response=list[AuthenticationGroup],
    summary="Replace the groups",
    description="Always refused, since nobody signs in by a provider here.",
)
@requires(Operation.USER_INVITE)
def authentication_group_replace(
    request, body: Body[Annotated[list[Group], Field(max_length=MAX_ITEMS)]]
):
    raise RuleViolation(
        "sso_disabled", "Single sign-on is not enabled here, so there are no groups."
    )
