"""/v1/authentication/groups: the whole list, as Logz.io's clients read and replace it."""

import pytest
from allauth.usersessions.models import UserSession

from accounts.identity.groups import apply_groups
from accounts.models import Action, AuditEvent, Role
from tests.accounts.identity.given_groups import provider_of
from tests.api.calls import coded, invalid
from tests.factories import MembershipFactory, UserFactory

GROUPS = "/v1/authentication/groups"
LIST = [
    {"group": "readers", "userRole": "USER_ROLE_READONLY"},
    {"group": "platform", "userRole": "USER_ROLE_REGULAR"},
    {"group": "admins", "userRole": "USER_ROLE_ACCOUNT_ADMIN"},
]


@pytest.fixture
def provider(main):
    MembershipFactory(account=main)
    return provider_of(main.organisation)


def test_without_a_provider_there_are_no_groups(api, sub_api):
    assert api.get(GROUPS) == (200, [])
    assert sub_api.get(GROUPS) == (200, [])
    assert api.post(GROUPS, []) == (200, [])
    assert api.post(GROUPS, LIST) == coded(
        "authentication/SSO_DISABLED",
        "Single sign-on is not enabled here, so there are no groups.",
    )


@pytest.mark.parametrize("change", [{"is_on": False}, {"groups_claim": ""}])
def test_a_provider_that_tells_no_groups_is_none(api, provider, change):
    type(provider).objects.update(**change)

    assert api.post(GROUPS, LIST)[0] == 400


def test_the_list_is_replaced_as_a_whole(api, sub_api, provider):
    first = api.post(GROUPS, LIST)
    read = api.get(GROUPS)
    second = api.post(GROUPS, [LIST[2], LIST[0]])
    changed = api.post(GROUPS, [LIST[0] | {"userRole": "USER_ROLE_REGULAR"}])

    assert first == read == (200, LIST)
    assert second == (200, [LIST[2], LIST[0]])
    assert changed == (200, [{"group": "readers", "userRole": "USER_ROLE_REGULAR"}])
    assert sub_api.get(GROUPS) == (200, [])
    assert api.post(GROUPS, []) == api.get(GROUPS) == (200, [])
    events = AuditEvent.objects.filter(action=Action.GROUPS_CHANGED)
    assert events.count() == 4
    assert all(event.actor_token_id for event in events)


def test_affected_people_are_signed_out(api, main, provider):
    person, other = UserFactory(), UserFactory()
    api.post(GROUPS, LIST)
    apply_groups(provider, person, ["platform"])
    apply_groups(provider, other, ["readers"])
    for each in (person, other):
        UserSession.objects.create(user=each, ip="192.0.2.1", session_key=each.email)

    api.post(GROUPS, LIST[:1])

    assert not person.memberships.exists()
    assert other.memberships.get().role == Role.READ_ONLY
    assert [each.user for each in UserSession.objects.all()] == [other]


def test_a_token_makes_no_admins_by_a_group(api, main, provider):
    person = UserFactory()

    api.post(GROUPS, LIST)
    apply_groups(provider, person, ["admins"])

    assert not person.memberships.exists()


def test_what_is_no_group_is_told_first(api):
    assert api.post(GROUPS, [{"group": "platform"}]) == invalid(
        "/authentication/groups", ("0.userRole", "must be given")
    )
    assert api.post(GROUPS, [LIST[0] | {"group": " "}]) == invalid(
        "/authentication/groups", ("0.group", "must not be empty")
    )


def test_a_group_is_not_twice_in_the_list(api, provider):
    assert api.post(GROUPS, [LIST[0], LIST[0]]) == coded(
        "authentication/DUPLICATE_GROUP", "A group is in the list twice."
    )
    assert api.get(GROUPS) == (200, [])
