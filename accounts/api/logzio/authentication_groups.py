"""The roles that groups of a single sign-on give in the token's account."""

from typing import Annotated

from ninja import Body
from pydantic import AfterValidator, Field, WithJsonSchema

from accounts.api.logzio.user_bodies import ROLE_NAMES, ROLES, RoleName
from accounts.api.plumbing.areas import Area, router_in
from accounts.api.plumbing.bodies import Sparse
from accounts.api.plumbing.fields import VISIBLE, Answer, text
from accounts.api.plumbing.guards import requires
from accounts.audit.trail import Actor
from accounts.identity.group_roles import providers_of, replace
from accounts.identity.groups import MOST_GROUPS
from accounts.models.groups import LONGEST_GROUP
from accounts.permissions import Operation
from accounts.rule_violations import RuleViolation

ROOT = "/v1/authentication/groups"

router = router_in(Area("authentication"))


def _not_blank(name):
    if not name.strip():
        raise ValueError("must not be empty")
    return name


GroupName = Annotated[
    text(longest=LONGEST_GROUP),
    AfterValidator(_not_blank),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^[^\u0000]*{VISIBLE}[^\u0000]*$",
            "maxLength": LONGEST_GROUP,
        }
    ),
]


class Group(Sparse):
    group: GroupName = Field(
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
    return _shown(request.auth.account.group_roles.order_by("pk"))


@router.post(
    ROOT,
    response=list[AuthenticationGroup],
    summary="Replace the groups",
    description="What is left out is taken away; `[]` clears. People whom it affects are "
    "signed out, and get what is new when they sign in again. A group that becomes admin "
    "is listed at once and gives that once an admin agrees, on the page *Groups*: no "
    "token makes admins. Refused while nobody signs in by a provider with groups.",
)
@requires(Operation.USER_INVITE)
def authentication_group_replace(
    request, body: Body[Annotated[list[Group], Field(max_length=MOST_GROUPS)]]
):
    account = request.auth.account
    if body and not providers_of(account.organisation).exists():
        raise RuleViolation(
            "sso_disabled",
            "Single sign-on is not enabled here, so there are no groups.",
        )
    roles = {each.group: ROLES[each.user_role] for each in body}
    if len(roles) < len(body):
        raise RuleViolation("duplicate_group", "A group is in the list twice.")
    replace(account, roles, by=Actor.calling(request), is_token=True)
    rows = {row.group: row for row in account.group_roles.all()}
    return _shown(rows[name] for name in roles)


def _shown(rows):
    return [
        AuthenticationGroup(group=row.group, user_role=ROLE_NAMES[row.role])
        for row in rows
    ]
