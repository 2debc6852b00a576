"""People who are known already: nobody takes them over, and they connect their login."""

from datetime import timedelta

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user
from django.utils import timezone

from accounts.identity import people, sessions
from accounts.models import EmailDomain, User
from tests.accounts.addresses import place
from tests.accounts.identity.conftest import on
from tests.accounts.identity.there_and_back import said, sign_in
from tests.accounts.signing_in import PASSWORD
from tests.factories import MainFactory, MembershipFactory, UserFactory
from tests.identity_provider import ADA


@pytest.fixture(autouse=True)
def _ada(real):
    real.set(accounts={"ada": ADA})


def test_a_stranger_takes_over_nobody(client, real, add, outsider):
    """A provider of one organisation says that it has a person of another one."""
    other = MainFactory(name="Evil").organisation
    on(add(organisation=other, domains=["evil.example"]))
    real.set(accounts={"ada": ADA | {"email": outsider.email}})

    response = sign_in(client, real)

    assert "It does not sign in people of other.example here." in response.text
    assert not SocialAccount.objects.exists()


def test_nobody_of_two_organisations_is_taken_over(client, real, provider, main):
    ada = UserFactory(email="ada@acme.example", password=PASSWORD)
    MembershipFactory(account=main, user=ada)
    MembershipFactory(account=MainFactory(name="Other"), user=ada, entered_at=BEFORE)

    response = sign_in(client, real)

    assert "belongs to another organisation, too" in response.text


@pytest.mark.parametrize(
    ("fields", "is_untouched"),
    [
        ({}, True),
        ({"last_login": timezone.now()}, False),
        ({"password": PASSWORD}, False),
        ({"is_staff": True}, False),
    ],
)
def test_who_was_only_named_is_untouched(db, fields, is_untouched):
    person = UserFactory(**{"password": None, "last_login": None} | fields)

    assert people.is_untouched(person) == is_untouched


def test_who_is_connected_is_not_untouched(db):
    person = UserFactory(password=None, last_login=None)
    SocialAccount.objects.create(user=person, provider="acme", uid="ada")

    assert not people.is_untouched(person)


BEFORE = timezone.now()


def test_staff_do_not_come_from_an_organisation(client, real, provider):
    UserFactory(email="ada@acme.example", is_staff=True)

    assert "Operator staff do not" in sign_in(client, real).text


def test_who_becomes_staff_comes_from_there_no_more(client, real, provider):
    sign_in(client, real)
    client.logout()
    User.objects.filter(email="ada@acme.example").update(is_staff=True)

    assert "Operator staff do not" in sign_in(client, real).text


def test_a_domain_that_is_taken_away_is_spoken_for_no_more(client, real, provider):
    sign_in(client, real)
    client.logout()
    EmailDomain.objects.all().delete()

    assert "does not sign in people of acme.example" in sign_in(client, real).text


def test_one_for_everybody_leaves_organisations_their_own(client, real, provider, add):
    on(add("everybody"))

    response = sign_in(client, real, slug="everybody")

    assert "with their organisation&#x27;s own provider" in response.text


# Connecting it to somebody who is known


@pytest.fixture
def ada(main):
    person = UserFactory(email="ada@acme.example", password=PASSWORD)
    return MembershipFactory(account=main, user=person, entered_at=BEFORE).user


def test_a_known_person_signs_in_as_before_once(client, real, provider, ada):
    asked = sign_in(client, real)
    login = client.get(asked.url, follow=True)

    assert asked.url == place("connect")
    assert "is known here already. Sign in as before, once" in said(login)
    response = client.post(
        place("connect").join(["/login/?next=", ""]),
        {"login": ada.email, "password": PASSWORD},
    )
    assert response.url == place("connect")
    assert (
        "It knows you as <bdi>ada@acme.example</bdi>" in client.get(response.url).text
    )
    done = client.post(response.url, follow=True)

    assert "You can sign in with Acme SSO from now on." in done.text
    client.logout()
    sign_in(client, real)
    assert get_user(client) == ada
    ada.refresh_from_db()
    assert ada.has_usable_password()


def test_it_is_connected_from_the_profile(client, real, provider, ada, mailoutbox):
    client.force_login(ada)
    assert "?connect=1" in client.get(place("profile")).text

    asked = sign_in(client, real, connect="1")
    client.post(asked.url)

    connected = SocialAccount.objects.get()
    assert (connected.user, connected.extra_data) == (ada, {"email": ada.email})
    assert "http://127.0.0.1:8000/profile/\n" in mailoutbox[-1].body + "\n"


def test_nothing_is_connected_that_nobody_asked_for(client, ada):
    client.force_login(ada)

    assert client.get(place("connect")).url == place("profile")
    assert client.post(place("connect")).url == place("profile")


def test_the_question_is_open_for_ten_minutes(
    client, real, provider, ada, time_machine
):
    client.force_login(ada)
    sign_in(client, real, connect="1")
    later = timedelta(seconds=sessions.PENDING_SECONDS + 1)
    time_machine.move_to(timezone.now() + later, tick=False)

    assert client.post(place("connect")).url == place("profile")
    assert not SocialAccount.objects.exists()


def test_one_under_another_address_is_not_connected(client, real, provider, dana):
    client.force_login(dana)
    sign_in(client, real, connect="1")

    response = client.post(place("connect"))

    assert "Only dana@acme.example can be connected." in response.text


def test_one_of_somebody_else_is_not_connected(client, real, provider, dana):
    sign_in(client, real)
    client.logout()
    client.force_login(dana)
    real.set(accounts={"ada": ADA | {"email": "dana@acme.example"}})
    sign_in(client, real, connect="1")

    response = client.post(place("connect"))

    assert "It is connected already." in response.text
