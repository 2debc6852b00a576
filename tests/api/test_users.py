"""/v1/user-management: recorded requests and their answers."""

import pytest
from django.utils import timezone

from accounts.lifecycle import delete_account
from accounts.models import Membership, Role, User
from tests.api.calls import Api
from tests.api.users import NEW, UNAUTHORIZED, USERS, no_account, not_found, of, wire
from tests.factories import BY, ChildFactory, MainFactory


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
