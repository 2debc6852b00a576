"""People in all accounts of the organisation at once, with the main account's token."""

from django.http import Http404
from pydantic import Field

from accounts import members
from accounts.api.logzio.users import (
    AREA,
    ROOT,
    User,
    UserPk,
    memberships,
    of_person,
    shown,
)
from accounts.api.plumbing.areas import router_in
from accounts.api.plumbing.error_bodies import CodedError
from accounts.api.plumbing.fields import Answer
from accounts.api.plumbing.guards import MAIN_ACCOUNT_ONLY, requires
from accounts.audit.trail import Actor
from accounts.locks import locked
from accounts.permissions import Operation

router = router_in(AREA)


class Finished(Answer):
    message: str = Field(
        description="What was done, and the accounts that were left out.",
        examples=["Finished suspending user 7 from accounts."],
    )


@router.get(
    f"{ROOT}/recursive", response=list[User], summary="List people, once per account"
)
@requires(MAIN_ACCOUNT_ONLY, there=[Operation.USER_LIST])
def user_list_everywhere(request):
    found = memberships(request, Operation.USER_LIST)
    return [shown(each) for each in found.order_by("user__email", "account_id")]


@router.delete(
    f"{ROOT}/{{int:pk}}/recursive",
    response={200: Finished, 401: CodedError},
    summary="Take somebody out of all accounts that can be without them",
)
@requires(MAIN_ACCOUNT_ONLY, there=[Operation.USER_REMOVE])
def user_delete_everywhere(request, pk: UserPk):
    try:
        found = _of_person(request, Operation.USER_REMOVE, pk)
    except Http404:
        message = "Unauthorized to delete this user"
        return AREA.coded(request, 401, "UNAUTHORIZED_TO_DELETE_USER", message)
    skipped = _unless_needed(request, found, members.remove_member)
    return _finished(f"deleting user {pk}", skipped)


@router.put(
    f"{ROOT}/{{int:pk}}/suspend/recursive",
    response=Finished,
    summary="Suspend somebody in all accounts that can be without them",
)
@requires(MAIN_ACCOUNT_ONLY, there=[Operation.USER_SUSPEND])
def user_suspend_everywhere(request, pk: UserPk):
    found = _of_person(request, Operation.USER_SUSPEND, pk)
    skipped = _unless_needed(request, found, members.suspend_member)
    return _finished(f"suspending user {pk}", skipped)


@router.put(
    f"{ROOT}/{{int:pk}}/unsuspend/recursive",
    response=Finished,
    summary="Let somebody in again everywhere",
)
@requires(MAIN_ACCOUNT_ONLY, there=[Operation.USER_SUSPEND])
def user_unsuspend_everywhere(request, pk: UserPk):
    for membership in _of_person(request, Operation.USER_SUSPEND, pk):
        members.unsuspend_member(membership, by=Actor.calling(request))
    return _finished(f"unsuspending user {pk}", [])


def _of_person(request, operation, pk):
    found = of_person(memberships(request, operation), pk)
    # The order in which accounts are locked: the main account first.
    rows = sorted(found, key=lambda row: (not row.account.is_main, row.account_id))
    if not rows:
        raise Http404(f"user {pk} not found")
    return rows


def _unless_needed(request, found, change):
    """Change memberships; return the ids of the accounts that need the person."""
    skipped, by = [], Actor.calling(request)
    for membership in found:
        with locked(membership.account):
            if members.is_needed(membership):
                skipped.append(membership.account_id)
            else:
                change(membership, by=by)
    return skipped


def _finished(doing, skipped):
    message = f"Finished {doing} from accounts."
    if skipped:
        message += f" Skipped accounts: {', '.join(map(str, skipped))}."
    return Finished(message=message)
