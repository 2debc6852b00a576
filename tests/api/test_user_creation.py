"""POST /v1/user-management: recorded requests and their answers."""

import pytest

from accounts.models import Action, AuditEvent, Role, User
from tests.api.calls import FORBIDDEN, Api, coded, invalid
from tests.api.users import NEW, PATH, USERS, added, membership, wire
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
    assert api.get(f"{USERS}/{user.pk}") == (200, added(user, main, role))
    assert (user.full_name, membership(user, main).role) == ("", kept)
    assert [mail.to for mail in mailoutbox] == [["new@acme.example"]]


def test_create_in_a_child_that_is_shut_with_the_main_token(main, api):
    shut = ChildFactory(main=main, accessible=False, searchable=False)

    status, body = api.post(USERS, NEW | {"accountId": shut.pk, "roles": [2]})

    user = User.objects.get(email="new@acme.example")
    assert (status, body) == (200, {"id": user.pk})
    assert api.get(f"{USERS}/{user.pk}") == (200, added(user, shut))


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


def test_create_shows_names_as_they_were_written_to_that_account_alone(
    main, sub, admin, api, sub_api
):
    asked = NEW | {"username": "Admin@Acme.example", "accountID": sub.pk}

    assert api.post(USERS, asked) == (200, {"id": admin.pk})

    there = added(admin, sub, username="Admin@Acme.example")
    assert api.get(f"{USERS}/{admin.pk}?accountId={sub.pk}") == (200, there)
    assert sub_api.get(USERS) == (200, [there])
    here = wire(admin, main, "USER_ROLE_ACCOUNT_ADMIN")
    assert api.get(f"{USERS}/{admin.pk}") == (200, here)
    assert User.objects.get(pk=admin.pk).full_name == "Ada Admin"


def test_no_organisation_reads_what_another_wrote(main, outsider, api):
    other = Api.of(outsider.memberships.get().account)
    for caller, home, name in (
        (api, main, "Nora New"),
        (other, outsider.memberships.get().account, "N. N."),
    ):
        asked = NEW | {"fullName": name, "accountID": home.pk}
        status, made = caller.post(USERS, asked)

        assert (status, caller.get(f"{USERS}/{made['id']}")[1]["fullName"]) == (
            200,
            name,
        )
    assert api.get(f"{USERS}/{made['id']}")[1]["fullName"] == "Nora New"


def test_create_after_a_removal_takes_the_new_name(main, admin, api):
    asked = NEW | {"accountID": main.pk}
    _, made = api.post(USERS, asked)
    api.delete(f"{USERS}/{made['id']}")

    assert api.post(USERS, asked | {"fullName": "Second Name"}) == (200, made)
    assert api.get(f"{USERS}/{made['id']}")[1]["fullName"] == "Second Name"


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        ({"role": 2}, "USER_ROLE_REGULAR"),
        ({"role": 2.0}, "USER_ROLE_REGULAR"),
        ({"role": "USER_ROLE_READONLY", "roles": [3]}, "USER_ROLE_READONLY"),
    ],
)
def test_create_knows_the_roles_of_older_clients(main, api, roles, role):
    _, made = api.post(USERS, NEW | {"accountID": main.pk} | roles)

    assert api.get(f"{USERS}/{made['id']}")[1]["role"] == role


def test_create_reads_the_array_of_older_clients_where_there_is_no_role(main, api):
    asked = NEW | {"accountID": main.pk, "roles": [2]}
    del asked["role"]

    status, made = api.post(USERS, asked)

    assert status == 200
    assert api.get(f"{USERS}/{made['id']}")[1]["role"] == "USER_ROLE_REGULAR"
    assert api.post(USERS, asked | {"roles": [3]}) == FORBIDDEN


def test_number_of_the_admin_role_is_known_and_refused(main, api):
    asked = NEW | {"accountID": main.pk, "role": 3}

    assert api.post(USERS, asked) == FORBIDDEN


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


def test_create_tells_nobody_who_is_an_operator(main, staff, api):
    asked = NEW | {"username": staff.email, "accountID": main.pk}

    assert api.post(USERS, asked) == (200, {"id": staff.pk})
    assert api.get(f"{USERS}/{staff.pk}")[1]["fullName"] == NEW["fullName"]


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
        ({"role": 4}, "role", "Input should be a valid string"),
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
