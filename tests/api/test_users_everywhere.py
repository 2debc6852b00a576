"""/v1/user-management, the recursive forms: recorded requests and their answers."""

import pytest

from accounts.models import Membership, Role
from tests.api.calls import FORBIDDEN, Api
from tests.api.users import UNAUTHORIZED, USERS, not_found, of, wire
from tests.factories import ChildFactory, MainFactory


def accounts_of(user):
    """Return the accounts where somebody is, with whether they are active there."""
    rows = Membership.objects.filter(user=user)
    return {row.account_id: row.suspended_at is None for row in rows}


def finished(doing, pk, *skipped):
    message = f"Finished {doing} user {pk} from accounts."
    if skipped:
        message += f" Skipped accounts: {', '.join(map(str, skipped))}."
    return 200, {"message": message}


@pytest.fixture
def shut(main):
    return ChildFactory(main=main, accessible=False, searchable=False)


def test_list_has_people_once_per_account(main, sub, shut, admin, member, api):
    of(shut, member, Role.READ_ONLY)
    of(sub, admin, Role.ADMIN)
    of(MainFactory(), member)
    admins = "USER_ROLE_ACCOUNT_ADMIN"

    assert api.get(f"{USERS}/recursive") == (
        200,
        [
            wire(admin, main, admins),
            wire(admin, sub, admins),
            wire(member, main),
            wire(member, shut, "USER_ROLE_READONLY"),
        ],
    )


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_the_same_queries_for_any_number_of_accounts(
    main, member, count, django_assert_num_queries
):
    for _ in range(count):
        of(ChildFactory(main=main), member)
    api = Api.of(main)
    api.get(f"{USERS}/recursive")

    with django_assert_num_queries(3):
        assert len(api.get(f"{USERS}/recursive")[1]) == count + 1


def test_delete_and_suspend_go_through_all_accounts(
    main, sub, shut, admin, member, api
):
    for account in (sub, shut):
        of(account, admin, Role.ADMIN)
        of(account, member)
    elsewhere = MainFactory()
    of(elsewhere, member)
    near = {main.pk, sub.pk, shut.pk}
    path = f"{USERS}/{member.pk}"

    assert api.put(f"{path}/suspend/recursive") == finished("suspending", member.pk)
    assert accounts_of(member) == dict.fromkeys(near, False) | {elsewhere.pk: True}

    assert api.put(f"{path}/unsuspend/recursive") == finished("unsuspending", member.pk)
    assert accounts_of(member) == dict.fromkeys(near, True) | {elsewhere.pk: True}

    assert api.delete(f"{path}/recursive") == finished("deleting", member.pk)
    assert accounts_of(member) == {elsewhere.pk: True}


def test_accounts_that_need_somebody_are_skipped(main, sub, shut, admin, member, api):
    # The only person there, the only admin there, and one of two admins.
    of(sub, member)
    of(shut, member, Role.ADMIN)
    of(shut)
    needed = sorted([sub.pk, shut.pk])
    path = f"{USERS}/{member.pk}"

    assert api.put(f"{path}/suspend/recursive") == finished(
        "suspending", member.pk, *needed
    )
    assert accounts_of(member) == {main.pk: False, sub.pk: True, shut.pk: True}
    assert api.delete(f"{path}/recursive") == finished("deleting", member.pk, *needed)
    assert accounts_of(member) == {sub.pk: True, shut.pk: True}


def test_people_of_other_organisations_are_not_there(main, sub, outsider, api):
    for pk in (outsider.pk, 0, 10**30):
        assert api.delete(f"{USERS}/{pk}/recursive") == UNAUTHORIZED
        assert api.put(f"{USERS}/{pk}/suspend/recursive") == not_found(pk)
        assert api.put(f"{USERS}/{pk}/unsuspend/recursive") == not_found(pk)
    assert len(accounts_of(outsider)) == 1


def test_the_token_of_a_child_gets_403(sub, sub_admin, sub_api):
    pk = sub_admin.pk

    assert sub_api.get(f"{USERS}/recursive") == FORBIDDEN
    assert sub_api.delete(f"{USERS}/{pk}/recursive") == FORBIDDEN
    assert sub_api.put(f"{USERS}/{pk}/suspend/recursive") == FORBIDDEN
    assert sub_api.put(f"{USERS}/{pk}/unsuspend/recursive") == FORBIDDEN
    assert accounts_of(sub_admin) == {sub.pk: True}
