"""The people of an account: of the token's own, or of a child of the main account."""

from typing import Annotated

from django.http import Http404
from ninja import Query
from ninja.responses import Status
from pydantic import Field

from accounts import members
from accounts.api.logzio.user_bodies import ROLE_NAMES, ROLES, NewUser, UserChange
from accounts.api.plumbing import error_bodies
from accounts.api.plumbing.areas import Area, router_in
from accounts.api.plumbing.error_bodies import CodedError, ShortError
from accounts.api.plumbing.fields import Answer, WholeInQuery, path_id
from accounts.api.plumbing.guards import account_for, accounts_for, requires
from accounts.api.plumbing.idempotency import IdempotencyKey, once
from accounts.audit.trail import Actor
from accounts.models import Membership
from accounts.models import User as Person
from accounts.permissions import Forbidden, Operation, invitation
from accounts.rule_violations import RuleViolation

ROOT = "/v1/user-management"
AREA = Area(
    "user-management",
    {"user_exists": "USER_ALREADY_EXIST"},
)
ROLE_STAYS = (
    "no API token changes a role. Nothing was changed: role, fullName and username are "
    "as they were."
)

router = router_in(AREA)

UserPk = path_id(7)

AskedAccount = Annotated[
    WholeInQuery | None,
    Query(
        alias="accountId",
        description="The account; without it the token's own.",
        examples=[1042],
    ),
]
AnyAccount = Annotated[
    WholeInQuery | None,
    Query(
        alias="accountId",
        description="The account; without it all in reach.",
        examples=[1042],
    ),
]


class UserId(Answer):
    id: int = Field(description="The person's id.", examples=[7])


class User(Answer):
    id: int = Field(description="The person's id.", examples=[7])
    username: str = Field(
        description="The e-mail address, which never changes.",
        examples=["dana@acme.example"],
    )
    full_name: str = Field(description="The person's name.", examples=["Dana Levi"])
    account_id: Annotated[
        int,
        Field(
            alias="accountID",
            description="The id of the account that the person belongs to.",
            examples=[1042],
        ),
    ]
    role: str = Field(
        description="What the person may do; older clients call a user 2 and an admin 3.",
        examples=["USER_ROLE_REGULAR"],
    )
    active: bool = Field(description="Whether it works right now.", examples=[True])


@router.get(ROOT, response=list[User], summary="List the people of one account")
@requires(there=[Operation.USER_LIST])
def user_list(request, account_id: AskedAccount = None):
    own = request.auth.account.pk
    account = account_for(
        request, own if account_id is None else account_id, Operation.USER_LIST
    )
    found = account.memberships.select_related("user").order_by("user__email")
    return [shown(membership) for membership in found]


@router.post(ROOT, response=UserId, summary="Add somebody to an account")
@requires(there=[Operation.USER_INVITE, Operation.USER_INVITE_ADMIN])
def user_create(request, body: NewUser, idempotency_key: IdempotencyKey = None):
    role = ROLES[body.role]
    account = account_for(request, body.account_id, invitation(role))

    def create():
        membership = members.add_member(
            account,
            email=body.username,
            full_name=body.full_name,
            role=role,
            by=Actor.calling(request),
        )
        return UserId(id=membership.user_id)

    return once(request, idempotency_key, UserId, create)


@router.get(f"{ROOT}/{{int:pk}}", response=User, summary="Get somebody")
@requires(there=[Operation.USER_LIST])
def user_get(request, pk: UserPk, account_id: AnyAccount = None):
    return shown(_all(request, Operation.USER_LIST, pk, account_id)[0])


@router.put(
    f"{ROOT}/{{int:pk}}",
    response={200: UserId, 403: ShortError},
    summary="Change somebody's name",
)
@requires(there=[Operation.USER_INVITE, Operation.USER_ROLE])
def user_update(request, pk: UserPk, body: UserChange):
    membership = _one(request, Operation.USER_INVITE, pk, body.account_id)
    by = Actor.calling(request)
    if body.username and body.username.lower() != membership.user.email:
        raise RuleViolation("fixed", "cannot be changed", field="username")
    role = ROLES.get(body.role, membership.role)
    if role != membership.role:
        try:
            account_for(request, membership.account_id, Operation.USER_ROLE)
        except Forbidden:
            return error_bodies.terse(403, f"{error_bodies.INSUFFICIENT}: {ROLE_STAYS}")
        members.change_role(membership, role=role, by=by)
    members.rename_person(membership, by=by, **body.names())
    return UserId(id=pk)


@router.delete(
    f"{ROOT}/{{int:pk}}",
    response={204: None, 401: CodedError},
    summary="Take somebody out of an account",
)
@requires(there=[Operation.USER_REMOVE])
def user_delete(request, pk: UserPk, account_id: AskedAccount = None):
    try:
        membership = _one(request, Operation.USER_REMOVE, pk, account_id)
    except Http404:
        message = "Unauthorized to delete this user"
        return AREA.coded(request, 401, "UNAUTHORIZED_TO_DELETE_USER", message)
    members.remove_member(membership, by=Actor.calling(request))
    return Status(204, None)


@router.post(
    f"{ROOT}/suspend/{{int:pk}}", response={204: None}, summary="Suspend somebody"
)
@requires(there=[Operation.USER_SUSPEND])
def user_suspend(request, pk: UserPk, account_id: AskedAccount = None):
    membership = _one(request, Operation.USER_SUSPEND, pk, account_id)
    members.suspend_member(membership, by=Actor.calling(request))
    return Status(204, None)


@router.post(
    f"{ROOT}/unsuspend/{{int:pk}}",
    response={204: None},
    summary="Let somebody in again",
)
@requires(there=[Operation.USER_SUSPEND])
def user_unsuspend(request, pk: UserPk, account_id: AskedAccount = None):
    membership = _one(request, Operation.USER_SUSPEND, pk, account_id)
    members.unsuspend_member(membership, by=Actor.calling(request))
    return Status(204, None)


def memberships(request, operation):
    """Return the memberships in all accounts where the caller may do something.

    The caller's own account comes first.
    """
    accounts = accounts_for(request, operation)
    found = Membership.objects.filter(account__in=accounts)
    return found.select_related("user", "account__organisation")


def of_person(found, pk):
    # Only a column's own lookup takes numbers that are too long for the column.
    return found.filter(user__in=Person.objects.filter(pk=pk))


def _all(request, operation, pk, account_id):
    """Return somebody's memberships, those in the caller's own account first."""
    if account_id is None:
        found = memberships(request, operation)
    else:
        account = account_for(request, account_id, operation)
        found = account.memberships.select_related("user", "account__organisation")
    own = request.auth.account_id
    rows = sorted(of_person(found, pk), key=lambda row: (row.account_id != own, row.pk))
    if not rows:
        raise Http404(f"user {pk} not found")
    return rows


def _one(request, operation, pk, account_id):
    """Return the membership that a change is about.

    Without the account's id it is the only one in reach.
    """
    first, *others = _all(request, operation, pk, account_id)
    if others:
        raise RuleViolation(
            "several_accounts",
            f"{first.user.email} is in several accounts: say in which by accountId.",
        )
    return first


def shown(membership):
    person = membership.user
    return User(
        id=person.pk,
        username=membership.spelled,
        full_name=membership.called,
        account_id=membership.account_id,
        role=ROLE_NAMES[membership.role],
        active=membership.is_active,
    )
