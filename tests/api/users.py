"""People of accounts as they are asked for, and as they look in answers."""

from accounts.models import Membership, Role
from tests.api.calls import coded
from tests.factories import MembershipFactory, UserFactory

USERS = "/v1/user-management"
PATH = "/user-management"
NEW = {
    "username": "new@acme.example",
    "fullName": "Nora New",
    "role": "USER_ROLE_REGULAR",
}
UNAUTHORIZED = coded(
    "user-management/UNAUTHORIZED_TO_DELETE_USER",
    "Unauthorized to delete this user",
    status=401,
)


def not_found(pk):
    return coded("user-management/NOT_FOUND", f"user {pk} not found", status=404)


def no_account(pk):
    return coded("user-management/NOT_FOUND", f"account {pk} not found", status=404)


def added(user, account, role="USER_ROLE_REGULAR", **changes):
    """Return who was added as in NEW, as they look in an answer."""
    names = {"username": NEW["username"], "fullName": NEW["fullName"]}
    return wire(user, account, role, **names | changes)


def wire(user, account, role="USER_ROLE_REGULAR", **changes):
    """Return a person of these tests as they look in an answer."""
    return {
        "id": user.pk,
        "username": user.email,
        "fullName": user.full_name,
        "accountID": account.pk,
        "role": role,
        "active": True,
    } | changes


def of(account, user=None, role=Role.USER, **fields):
    """Make a person a member and return them."""
    user = user or UserFactory()
    return MembershipFactory(account=account, user=user, role=role, **fields).user


def membership(user, account):
    return Membership.objects.filter(user=user, account=account).first()
