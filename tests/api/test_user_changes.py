"""/v1/user-management/{id}: who is renamed, suspended and taken out, and who not."""

import pytest

from accounts.models import Action, AuditEvent, Membership, Role
from accounts.permissions import POLICY, Operation
from accounts.relations import Relation
from tests.api.calls import coded, invalid
from tests.api.users import (
    NEW,
    PATH,
    UNAUTHORIZED,
    USERS,
    added,
    membership,
    not_found,
    of,
    wire,
)
from tests.factories import ChildFactory


def test_update_changes_the_name(main, member, api):
    asked = NEW | {"username": "Member@acme.example", "accountID": main.pk}

    assert api.put(f"{USERS}/{member.pk}", asked) == (200, {"id": member.pk})

    renamed = added(member, main, username="Member@acme.example")
    assert api.get(f"{USERS}/{member.pk}") == (200, renamed)
    event = AuditEvent.objects.get(action=Action.USER_UPDATED)
    assert event.data["changes"] == [
        ["full_name", "Max Member", "Nora New"],
        ["username", "member@acme.example", "Member@acme.example"],
    ]


def test_update_with_what_it_was_read_with_leaves_no_trace(member, api):
    before = AuditEvent.objects.count()
    _, body = api.get(f"{USERS}/{member.pk}")

    assert api.put(f"{USERS}/{member.pk}", body) == (200, {"id": member.pk})
    assert api.put(f"{USERS}/{member.pk}", {}) == (200, {"id": member.pk})
    assert AuditEvent.objects.count() == before


def test_update_leaves_nobody_without_a_name(member, main, api):
    address = f"{USERS}/{member.pk}"

    assert api.put(address, {"fullName": "  "}) == invalid(
        f"{PATH}/{member.pk}", ("fullName", "must not be empty")
    )
    # People who have none are read with an empty one, which comes back.
    assert api.put(address, {"fullName": ""})[0] == 200
    assert api.get(address) == (200, wire(member, main))


def test_update_in_a_child(main, sub, sub_admin, api):
    asked = {"fullName": "Sue", "role": "USER_ROLE_ACCOUNT_ADMIN", "accountID": sub.pk}

    assert api.put(f"{USERS}/{sub_admin.pk}", asked) == (200, {"id": sub_admin.pk})
    assert api.get(f"{USERS}/{sub_admin.pk}")[1]["fullName"] == "Sue"
    asked["accountID"] = main.pk
    assert api.put(f"{USERS}/{sub_admin.pk}", asked) == not_found(sub_admin.pk)


def test_update_does_not_change_the_mail(member, api):
    asked = NEW | {"username": "other@acme.example"}

    assert api.put(f"{USERS}/{member.pk}", asked) == invalid(
        f"{PATH}/{member.pk}", ("username", "cannot be changed")
    )


@pytest.mark.parametrize("role", ["USER_ROLE_READONLY", "USER_ROLE_ACCOUNT_ADMIN"])
def test_no_token_changes_a_role(main, sub, member, api, sub_api, role):
    of(sub, member)
    refused = {
        "code": 403,
        "message": "Insufficient privileges: no API token changes a role. Nothing was "
        "changed: role, fullName and username are as they were.",
    }

    for caller, home in ((api, main), (sub_api, sub)):
        asked = {"role": role, "fullName": "Lost", "accountID": home.pk}
        assert caller.put(f"{USERS}/{member.pk}", asked) == (403, refused)
        assert membership(member, home).role == Role.USER
        assert membership(member, home).full_name == ""


def test_update_changes_a_role_as_soon_as_the_policy_allows_it(
    main, member, api, monkeypatch
):
    monkeypatch.setitem(POLICY[Operation.USER_ROLE], Relation.TOKEN, "y")

    api.put(f"{USERS}/{member.pk}", {"role": "USER_ROLE_READONLY"})

    assert membership(member, main).role == Role.READ_ONLY


def test_update_of_a_name_stays_in_the_account(main, sub, member, api, sub_api):
    of(sub, member)

    assert sub_api.put(f"{USERS}/{member.pk}", {"fullName": "Mo"})[0] == 200

    assert sub_api.get(USERS)[1] == [wire(member, sub, fullName="Mo")]
    assert api.get(f"{USERS}/{member.pk}") == (200, wire(member, main))


def test_delete_takes_out_of_one_account_only(main, sub, admin, member, api):
    of(sub, member)

    assert api.delete(f"{USERS}/{member.pk}?accountId={main.pk}") == (204, None)
    assert membership(member, main) is None
    assert membership(member, sub) is not None


def test_delete_in_a_child(main, sub, admin, member, api):
    of(sub, member)

    assert api.delete(f"{USERS}/{member.pk}?accountId={sub.pk}") == (204, None)
    assert membership(member, main) is not None
    again = f"{USERS}/{member.pk}?accountId={sub.pk}"
    assert api.delete(again) == UNAUTHORIZED


def test_delete_of_somebody_of_one_child_needs_no_account(sub, api):
    user = of(sub)

    assert api.delete(f"{USERS}/{user.pk}") == (204, None)
    assert membership(user, sub) is None


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", ""), ("POST", "suspend/"), ("POST", "unsuspend/"), ("PUT", "")],
)
@pytest.mark.parametrize("in_main", [True, False])
def test_a_change_does_not_guess_among_accounts(main, sub, api, method, path, in_main):
    user = of(sub)
    of(main if in_main else ChildFactory(main=main), user)
    body = {"fullName": "x"} if method == "PUT" else None

    assert api.call(method, f"{USERS}/{path}{user.pk}", body) == coded(
        "user-management/SEVERAL_ACCOUNTS",
        f"{user.email} is in several accounts: say in which by accountId.",
    )
    assert Membership.objects.active().filter(user=user).count() == 2


def test_a_token_of_a_child_reaches_one_account_alone(main, sub, admin, sub_api):
    user = of(main, of(sub))

    assert sub_api.delete(f"{USERS}/{user.pk}") == (204, None)
    assert membership(user, main) is not None


def test_the_last_admin_stays(main, admin, member, api):
    last = coded(
        "user-management/LAST_ADMIN",
        "Ada Admin is the last active admin of Acme. "
        "Make somebody else an admin first.",
    )

    assert api.delete(f"{USERS}/{admin.pk}") == last
    assert api.post(f"{USERS}/suspend/{admin.pk}") == last


def test_suspend_and_unsuspend(main, admin, member, api):
    for _ in range(2):
        assert api.post(f"{USERS}/suspend/{member.pk}") == (204, None)
        shown = wire(member, main, active=False)
        assert api.get(f"{USERS}/{member.pk}") == (200, shown)
    for _ in range(2):
        assert api.post(f"{USERS}/unsuspend/{member.pk}") == (204, None)
        assert api.get(f"{USERS}/{member.pk}") == (200, wire(member, main))


def test_suspend_in_a_child(main, sub, member, api):
    of(sub, member)

    assert api.post(f"{USERS}/suspend/{member.pk}?accountId={sub.pk}") == (204, None)
    assert membership(member, sub).suspended_at is not None
    assert membership(member, main).suspended_at is None
    assert api.post(f"{USERS}/unsuspend/{member.pk}?accountId={sub.pk}") == (204, None)
    assert membership(member, sub).suspended_at is None
