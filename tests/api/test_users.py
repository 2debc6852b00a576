"""/v1/user-management: recorded requests and their answers."""

import pytest
from django.utils import timezone

from accounts.lifecycle import delete_account
from accounts.models import Action, AuditEvent, Membership, Role, User
from accounts.permissions import POLICY, Operation, Relation
from tests.api.calls import FORBIDDEN, Api, coded, invalid
from tests.factories import (
    BY,
    ChildFactory,
    MainFactory,
    MembershipFactory,
    TokenFactory,
    UserFactory,
)

USERS = "/v1/user-management"
PATH = "/user-management"
NEW = {
    "username": "new@acme.example",
    "fullName": "Nora New",
    "role": "USER_ROLE_REGULAR",
}
EMAIL = (
    r"^[_A-Za-z0-9-\+]+(\.[_A-Za-z0-9-]+)*"
    r"@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(\.[A-Za-z]{2,})$"
)
ROLES = "^(USER_ROLE_READONLY|USER_ROLE_REGULAR|USER_ROLE_ACCOUNT_ADMIN)$"
UNAUTHORIZED = coded(
    "user-management/UNAUTHORIZED_TO_DELETE_USER",
    "Unauthorized to delete this user",
    status=401,
)


def not_found(pk):
    return coded("user-management/NOT_FOUND", f"user {pk} not found", status=404)


def no_account(pk):
    return coded("user-management/NOT_FOUND", f"account {pk} not found", status=404)


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


def test_list(main, sub, admin, member, sub_admin, outsider, api, sub_api):
    reader = of(sub, role=Role.READ_ONLY, suspended_at=timezone.now())
    admins = "USER_ROLE_ACCOUNT_ADMIN"
    in_sub = [
        wire(reader, sub, "USER_ROLE_READONLY", active=False),
        wire(sub_admin, sub, admins),
    ]

    assert api.get(USERS) == (200, [wire(admin, main, admins), wire(member, main)])
    assert api.get(f"{USERS}?accountId={sub.pk}") == (200, in_sub)
    assert api.get(f"{USERS}/?accountId={main.pk}") == api.get(USERS)
    assert sub_api.get(USERS) == (200, in_sub)


def test_list_of_nobody(main, sub, api):
    assert api.get(USERS) == (200, [])


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_the_same_queries_for_any_number_of_people(
    main, count, django_assert_num_queries
):
    for _ in range(count):
        of(main)
    api = Api.of(main)
    api.get(USERS)

    with django_assert_num_queries(3):
        assert len(api.get(USERS)[1]) == count


def test_other_accounts_are_not_there(main, sub, api, sub_api):
    deleted = ChildFactory(main=main)
    delete_account(deleted, by=BY)
    strange, sibling = MainFactory(), ChildFactory(main=main)

    for pk in (deleted.pk, strange.pk, 0):
        assert api.get(f"{USERS}?accountId={pk}") == no_account(pk)
        assert api.post(USERS, NEW | {"accountID": pk}) == no_account(pk)
    for pk in (main.pk, sibling.pk, strange.pk, 0):
        assert sub_api.get(f"{USERS}?accountId={pk}") == no_account(pk)
        assert sub_api.post(USERS, NEW | {"accountID": pk}) == no_account(pk)
    assert not User.objects.filter(email=NEW["username"]).exists()


def test_people_of_other_accounts_are_not_there(main, sub, member, outsider, sub_api):
    for pk in (member.pk, outsider.pk, 0, 2**31, 10**30):
        assert sub_api.get(f"{USERS}/{pk}") == not_found(pk)
        assert sub_api.put(f"{USERS}/{pk}", {"fullName": "x"}) == not_found(pk)
        assert sub_api.delete(f"{USERS}/{pk}") == UNAUTHORIZED
        assert sub_api.post(f"{USERS}/suspend/{pk}") == not_found(pk)
        assert sub_api.post(f"{USERS}/unsuspend/{pk}") == not_found(pk)
    assert Membership.objects.active().count() == 2


@pytest.mark.parametrize(
    ("role", "kept"),
    [("USER_ROLE_REGULAR", Role.USER), ("USER_ROLE_READONLY", Role.READ_ONLY)],
)
def test_create(main, api, role, kept, mailoutbox, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = api.post(USERS, NEW | {"role": role, "accountID": main.pk})

    user = User.objects.get(email="new@acme.example")
    assert answer == (200, {"id": user.pk})
    # Nobody has to answer the invitation before the account shows them as active.
    assert api.get(f"{USERS}/{user.pk}") == (200, wire(user, main, role))
    assert (user.full_name, membership(user, main).role) == ("Nora New", kept)
    assert [mail.to for mail in mailoutbox] == [["new@acme.example"]]


def test_create_in_a_child_that_is_shut_with_the_main_token(main, api):
    shut = ChildFactory(main=main, accessible=False, searchable=False)

    status, body = api.post(USERS, NEW | {"accountId": shut.pk, "roles": [2]})

    user = User.objects.get(email="new@acme.example")
    assert (status, body) == (200, {"id": user.pk})
    assert api.get(f"{USERS}/{user.pk}") == (200, wire(user, shut))


def test_create_in_the_own_account_of_a_child(sub, sub_api):
    status, body = sub_api.post(USERS, NEW | {"accountID": float(sub.pk)})

    assert status == 200
    assert sub_api.get(f"{USERS}/{body['id']}")[1]["accountID"] == sub.pk


def test_create_is_told_to_the_audit_trail(main):
    by = TokenFactory(account=main, name="Terraform")

    Api(by.secret_text).post(USERS, NEW | {"accountID": main.pk})

    event = AuditEvent.objects.get(action=Action.USER_ADDED)
    assert (event.actor_label, event.actor_token_id) == ("Terraform", by.pk)
    assert event.target == "new@acme.example"


def test_create_adds_somebody_who_is_known_already_under_their_own_name(
    sub, admin, api
):
    asked = NEW | {"username": "Admin@Acme.example", "accountID": sub.pk}

    assert api.post(USERS, asked) == (200, {"id": admin.pk})
    assert api.get(f"{USERS}/{admin.pk}?accountId={sub.pk}") == (200, wire(admin, sub))


def test_no_token_makes_an_admin(main, sub, api, sub_api):
    asked = NEW | {"role": "USER_ROLE_ACCOUNT_ADMIN"}

    for account in (main, sub, ChildFactory(main=main, accessible=False)):
        assert api.post(USERS, asked | {"accountID": account.pk}) == FORBIDDEN
    assert sub_api.post(USERS, asked | {"accountID": sub.pk}) == FORBIDDEN
    assert not User.objects.filter(email=NEW["username"]).exists()


def test_create_refuses_somebody_twice(main, member, api):
    asked = NEW | {"username": "member@acme.example", "accountID": main.pk}

    assert api.post(USERS, asked) == coded(
        "user-management/USER_ALREADY_EXIST",
        "member@acme.example is a member of Acme already.",
        username="member@acme.example",
    )


def test_create_refuses_operators(main, staff, api):
    asked = NEW | {"username": staff.email, "accountID": main.pk}

    assert api.post(USERS, asked) == coded(
        "user-management/USER_IS_AN_OPERATOR",
        "Operator staff cannot be members of accounts.",
    )


@pytest.mark.parametrize(
    ("asked", "name", "message"),
    [
        ({"username": None}, "username", "must be given"),
        ({"username": "new"}, "username", f'must match "{EMAIL}"'),
        ({"fullName": None}, "fullName", "must be given"),
        (
            {"fullName": "n" * 151},
            "fullName",
            "must not be longer than 150",
        ),
        ({"accountID": None}, "accountID", "must be given"),
        ({"accountId": 1}, "", "must have only one of accountID and accountId"),
        ({"role": None, "roles": [2]}, "role", "must be given"),
        ({"role": "ADMIN"}, "role", f'must match "{ROLES}"'),
        (
            {"fullName": "\x00"},
            "fullName",
            "must not contain NUL or broken characters",
        ),
    ],
)
def test_create_says_what_is_wrong(main, api, asked, name, message):
    answer = api.post(USERS, NEW | {"accountID": main.pk} | asked)

    assert answer == invalid(PATH, (name, message))


def test_get_prefers_the_own_account(main, sub, member, api, sub_api):
    of(sub, member, Role.READ_ONLY)
    read_only = wire(member, sub, "USER_ROLE_READONLY")

    assert api.get(f"{USERS}/{member.pk}") == (200, wire(member, main))
    assert api.get(f"{USERS}/{member.pk}?accountId={sub.pk}") == (200, read_only)
    assert sub_api.get(f"{USERS}/{member.pk}") == (200, read_only)


def test_get_of_nobody(main, sub, member, outsider, api):
    assert api.get(f"{USERS}/{outsider.pk}") == not_found(outsider.pk)
    assert api.get(f"{USERS}/{member.pk}?accountId={sub.pk}") == not_found(member.pk)
    assert api.get(f"{USERS}/{member.pk}?accountId=0") == no_account(0)


def test_get_says_what_is_wrong_with_the_account(member, api):
    status, body = api.get(f"{USERS}/{member.pk}?accountId=x")

    assert (status, body["validationErrors"]) == (
        400,
        [
            {
                "type": "query_param",
                "name": "accountId",
                "message": "Input should be a valid integer, "
                "unable to parse string as an integer",
            }
        ],
    )


def test_somebody_who_may_not_log_in_is_not_active(main, member, api):
    User.objects.filter(pk=member.pk).update(is_active=False)

    assert api.get(f"{USERS}/{member.pk}") == (200, wire(member, main, active=False))


def test_update_changes_the_name(main, member, api):
    asked = NEW | {"username": "Member@acme.example", "accountID": main.pk}

    assert api.put(f"{USERS}/{member.pk}", asked) == (200, {"id": member.pk})

    renamed = wire(member, main, fullName="Nora New")
    assert api.get(f"{USERS}/{member.pk}") == (200, renamed)
    event = AuditEvent.objects.get(action=Action.USER_UPDATED)
    assert event.data["changes"] == [["full_name", "Max Member", "Nora New"]]


def test_update_with_what_it_was_read_with_leaves_no_trace(member, api):
    before = AuditEvent.objects.count()
    _, body = api.get(f"{USERS}/{member.pk}")

    assert api.put(f"{USERS}/{member.pk}", body) == (200, {"id": member.pk})
    assert api.put(f"{USERS}/{member.pk}", {}) == (200, {"id": member.pk})
    assert AuditEvent.objects.count() == before


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

    assert api.put(f"{USERS}/{member.pk}", {"role": role}) == FORBIDDEN
    assert sub_api.put(f"{USERS}/{member.pk}", {"role": role}) == FORBIDDEN
    assert membership(member, main).role == Role.USER


def test_update_changes_a_role_as_soon_as_the_policy_allows_it(
    main, member, api, monkeypatch
):
    monkeypatch.setitem(POLICY[Operation.USER_ROLE], Relation.TOKEN, "y")

    api.put(f"{USERS}/{member.pk}", {"role": "USER_ROLE_READONLY"})

    assert membership(member, main).role == Role.READ_ONLY


def test_update_gives_no_name_to_people_of_others(
    main, sub, member, outsider, api, sub_api
):
    """Whose name it is: everybody reads the same one, in all accounts."""
    of(sub, member)
    of(main, outsider)
    asked = {"fullName": "Mallory"}
    told = "is in other accounts too: only they change their name."

    assert sub_api.put(f"{USERS}/{member.pk}", asked) == coded(
        "user-management/NAME_IS_THEIRS", f"{member.email} {told}"
    )
    assert api.put(f"{USERS}/{outsider.pk}", asked) == coded(
        "user-management/NAME_IS_THEIRS", f"{outsider.email} {told}"
    )
    assert api.put(f"{USERS}/{member.pk}", asked) == (200, {"id": member.pk})


def test_delete_takes_out_of_one_account_only(main, sub, admin, member, api):
    of(sub, member)

    assert api.delete(f"{USERS}/{member.pk}") == (204, None)
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
def test_a_change_does_not_guess_among_children(main, sub, api, method, path):
    user = of(sub)
    of(ChildFactory(main=main), user)
    body = {"fullName": "x"} if method == "PUT" else None

    assert api.call(method, f"{USERS}/{path}{user.pk}", body) == coded(
        "user-management/SEVERAL_ACCOUNTS",
        f"{user.email} is in several accounts: say in which by accountId.",
    )
    assert Membership.objects.active().filter(user=user).count() == 2


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
