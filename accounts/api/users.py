"""The people of an account: of the token's own, or of a child of the main account."""

from typing import Annotated

from django.http import Http404
from ninja import Query
from ninja.responses import Status
from pydantic import AfterValidator, AliasChoices, Field, WithJsonSchema

from accounts import members
from accounts.api.account_bodies import Email
from accounts.api.answers import CodedError
from accounts.api.areas import Area, router_in
from accounts.api.bodies import Sparse, Unset
from accounts.api.fields import VISIBLE, Answer, Whole, WholeInQuery, text
from accounts.api.guards import account_for, accounts_for, requires
from accounts.api.once import IdempotencyKey, once
from accounts.audit import Actor
from accounts.models import Account, Membership, Role
from accounts.models import User as Person
from accounts.permissions import Operation, allows, invitation, token_relations
from accounts.refusals import Refused

ROOT = "/v1/user-management"
AREA = Area(
    "user-management",
    {"user_exists": "USER_ALREADY_EXIST", "is_staff": "USER_IS_AN_OPERATOR"},
)
ROLES = {
    "USER_ROLE_READONLY": Role.READ_ONLY,
    "USER_ROLE_REGULAR": Role.USER,
    "USER_ROLE_ACCOUNT_ADMIN": Role.ADMIN,
}
NAMES = {role: name for name, role in ROLES.items()}
ONE_OF = f"^({'|'.join(ROLES)})$"

router = router_in(AREA)

RoleName = text(ONE_OF)
LONGEST_NAME = 150


def _without_spaces_around(name):
    if not name.strip():
        raise ValueError("must not be empty")
    return name.strip()


FullName = Annotated[
    text(longest=LONGEST_NAME),
    AfterValidator(_without_spaces_around),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^[^\u0000]*{VISIBLE}[^\u0000]*$",
            "maxLength": LONGEST_NAME,
        }
    ),
]
ACCOUNT_ID = Field(validation_alias=AliasChoices("accountID", "accountId"))
AskedAccount = Annotated[WholeInQuery | None, Query(alias="accountId")]


class NewUser(Sparse):
    username: Email
    full_name: FullName
    account_id: Annotated[Whole, ACCOUNT_ID]
    role: RoleName


class UserChange(Sparse):
    username: Email | None = None
    # People without a name are read and sent back with an empty one.
    full_name: Annotated[FullName | None, Unset()] = None
    account_id: Annotated[Whole | None, ACCOUNT_ID] = None
    role: RoleName | None = None


class UserId(Answer):
    id: int


class User(Answer):
    id: int
    username: str
    full_name: str
    account_id: Annotated[int, Field(alias="accountID")]
    role: str
    active: bool


@router.get(ROOT, response=list[User], summary="List the people of one account")
@requires(Operation.USER_LIST, there=[Operation.USER_LIST])
def user_list(request, account_id: AskedAccount = None):
    own = request.auth.account.pk
    account = account_for(
        request, own if account_id is None else account_id, Operation.USER_LIST
    )
    found = account.memberships.select_related("user").order_by("user__email")
    return [shown(membership) for membership in found]


@router.post(ROOT, response=UserId, summary="Add somebody to an account")
@requires(
    Operation.USER_INVITE, there=[Operation.USER_INVITE, Operation.USER_INVITE_ADMIN]
)
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
@requires(Operation.USER_LIST, there=[Operation.USER_LIST])
def user_get(request, pk: int, account_id: AskedAccount = None):
    return shown(_all(request, Operation.USER_LIST, pk, account_id)[0])


@router.put(f"{ROOT}/{{int:pk}}", response=UserId, summary="Change somebody's name")
@requires(Operation.USER_INVITE, there=[Operation.USER_INVITE, Operation.USER_ROLE])
def user_update(request, pk: int, body: UserChange):
    membership = _one(request, Operation.USER_INVITE, pk, body.account_id)
    by, person = Actor.calling(request), membership.user
    if body.username and body.username.lower() != person.email:
        raise Refused("fixed", "cannot be changed", field="username")
    role = ROLES.get(body.role, membership.role)
    if role != membership.role:
        account_for(request, membership.account_id, Operation.USER_ROLE)
        members.change_role(membership, role=role, by=by)
    if body.full_name not in (None, person.full_name):
        _check_known_here_only(request, person)
        members.rename_person(membership, full_name=body.full_name, by=by)
    return UserId(id=pk)


@router.delete(
    f"{ROOT}/{{int:pk}}",
    response={204: None, 401: CodedError},
    summary="Take somebody out of an account",
)
@requires(Operation.USER_REMOVE, there=[Operation.USER_REMOVE])
def user_delete(request, pk: int, account_id: AskedAccount = None):
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
@requires(Operation.USER_SUSPEND, there=[Operation.USER_SUSPEND])
def user_suspend(request, pk: int, account_id: AskedAccount = None):
    membership = _one(request, Operation.USER_SUSPEND, pk, account_id)
    members.suspend_member(membership, by=Actor.calling(request))
    return Status(204, None)


@router.post(
    f"{ROOT}/unsuspend/{{int:pk}}",
    response={204: None},
    summary="Let somebody in again",
)
@requires(Operation.USER_SUSPEND, there=[Operation.USER_SUSPEND])
def user_unsuspend(request, pk: int, account_id: AskedAccount = None):
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

    Without the account's id: in the caller's own account, or in the only other one.
    """
    first, *others = _all(request, operation, pk, account_id)
    if others and first.account_id != request.auth.account_id:
        raise Refused(
            "several_accounts",
            f"{first.user.email} is in several accounts: say in which by accountId.",
        )
    return first


def _check_known_here_only(request, person):
    """Raise Refused when the name is not the caller's to give."""
    caller = request.auth.account
    homes = Account.objects.standing().filter(memberships__user=person)
    for account in homes:
        relations = token_relations(caller, account)
        if not allows(relations, Operation.USER_INVITE, account):
            raise Refused(
                "name_is_theirs",
                f"{person.email} is in other accounts too: only they change their name.",
            )


def shown(membership):
    person = membership.user
    return User(
        id=person.pk,
        username=person.email,
        full_name=person.full_name,
        account_id=membership.account_id,
        role=NAMES[membership.role],
        active=person.is_active and membership.suspended_at is None,
    )
