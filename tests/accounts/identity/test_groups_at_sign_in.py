"""Groups of the real provider, from the first sign-in to the one after a group was lost."""

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user
from django.test import Client

from accounts.models import GroupRole, Role
from tests.accounts.identity.there_and_back import sign_in
from tests.factories import ChildFactory, MembershipFactory
from tests.identity_provider import ADA, Person


@pytest.fixture
def sub(main, provider):
    MembershipFactory(account=main)
    type(provider).objects.update(
        groups_claim="groups", scope="openid profile email groups"
    )
    sub = ChildFactory(main=main)
    GroupRole.objects.create(account=sub, group="staff", role=Role.READ_ONLY)
    GroupRole.objects.create(account=main, group="platform", role=Role.ADMIN)
    return sub


def groups(real, *names):
    real.set(accounts={"ada": ADA | {"groups": list(names)}})


def test_groups_give_at_the_first_sign_in_and_take_at_a_later_one(
    client, real, main, sub
):
    browser, elsewhere = Person(real), Client()
    groups(real, "staff", "platform")
    sign_in(client, real, person=browser)
    person = get_user(client)
    sign_in(elsewhere, real)
    first = {row.account: row.role for row in person.memberships.all()}

    groups(real, "staff")
    key = client.session.session_key
    again = sign_in(client, real, person=browser, next="/profile/")

    assert first == {main: Role.ADMIN, sub: Role.READ_ONLY}
    assert {row.account: row.role for row in person.memberships.all()} == {
        sub: Role.READ_ONLY
    }
    # The browser that has just come from the provider stays signed in.
    assert again.url == "/profile/"
    assert client.get("/profile/").status_code == 200
    assert [each.session_key for each in UserSession.objects.all()] == [key]
    assert elsewhere.get("/profile/").status_code == 302


def test_groups_that_are_not_told_change_nothing(client, real, main, sub, provider):
    groups(real, "staff")
    sign_in(client, real)
    client.logout()
    type(provider).objects.update(groups_claim="")

    sign_in(client, real)

    assert sub.memberships.exists()
