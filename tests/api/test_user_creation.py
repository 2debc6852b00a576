"""POST /v1/user-management: recorded requests and their answers."""

import pytest

from accounts.models import Action, AuditEvent, Role, User
from tests.api.calls import FORBIDDEN, Api, coded, invalid
from tests.api.users import NEW, PATH, USERS, membership, wire
from tests.factories import ChildFactory, TokenFactory

EMAIL = (
    r"^[_A-Za-z0-9-\+]+(\.[_A-Za-z0-9-]+)*"
    r"@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(\.[A-Za-z]{2,})$"
)
ROLES = "^(USER_ROLE_READONLY|USER_ROLE_REGULAR|USER_ROLE_ACCOUNT_ADMIN)$"


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
        ({"fullName": ""}, "fullName", "must not be empty"),
        ({"fullName": " \t\u3000"}, "fullName", "must not be empty"),
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
