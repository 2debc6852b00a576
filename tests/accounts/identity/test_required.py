"""Organisations whose people sign in with their own provider, and who may break the glass."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user
from django.core import mail
from django.urls import reverse

from accounts.identity import people, sessions
from accounts.identity.identities import Identity
from accounts.members import add_member
from accounts.models import Action, IdentityProvider, RequiredSignIn, Role
from accounts.signing_in.adapters import AccountAdapter
from tests.accounts.addresses import place
from tests.accounts.identity.conftest import on
from tests.accounts.identity.there_and_back import said, sign_in
from tests.accounts.signing_in import PASSWORD, events
from tests.accounts.signing_in import sign_in as sign_in_with_password
from tests.factories import BY, MembershipFactory, UserFactory
from tests.identity_provider import ADA


@pytest.fixture
def is_required(provider):
    return RequiredSignIn.objects.create(organisation=provider.organisation)


REFUSED = "People of acme.example sign in with Acme SSO, not with a password."


@pytest.fixture(autouse=True)
def _ada(real):
    real.set(accounts={"ada": ADA, "dana": ADA | {"email": "dana@acme.example"}})


# Passwords


def test_passwords_let_nobody_of_its_domains_in(client, is_required, dana):
    response = sign_in_with_password(client)

    assert REFUSED in response.text
    assert "Continue to <bdi" in response.text
    assert get_user(client).is_anonymous


def test_nobody_learns_who_there_is_nor_whose_password_it_is(client, is_required, dana):
    is_required.break_glass = dana
    is_required.save()

    answers = [
        sign_in_with_password(client, email, password).text.count(REFUSED)
        for email, password in (
            ("nobody@acme.example", PASSWORD),
            ("dana@acme.example", "wrong"),
        )
    ]

    assert answers == [1, 1]


def test_others_sign_in_as_before(client, is_required, main):
    person = UserFactory(email="sam@other.example", password=PASSWORD)
    MembershipFactory(account=main, user=person)

    sign_in_with_password(client, "sam@other.example")

    assert get_user(client) == person


def test_it_stays_required_while_no_provider_is_on(client, is_required, dana):
    IdentityProvider.objects.update(is_on=False)

    response = sign_in_with_password(client)

    assert get_user(client).is_anonymous
    assert "which is switched off just now. Ask your admin." in said(response)
    is_required.break_glass = dana
    is_required.save()
    sign_in_with_password(client)
    assert get_user(client) == dana


def test_staff_are_of_no_organisation(client, is_required):
    person = UserFactory(email="op@acme.example", password=PASSWORD, is_staff=True)

    sign_in_with_password(client, "op@acme.example")

    assert get_user(client) == person
    assert events(Action.BREAK_GLASS_USED) == []


def test_no_link_for_a_password_is_mailed(client, is_required, dana):
    response = client.post(reverse("account_reset_password"), {"email": dana.email})

    assert REFUSED in response.text
    assert mail.outbox == []


def test_who_is_invited_is_not_asked_for_a_password(client, is_required, main, real):
    add_member(main, email="ada@acme.example", role=Role.USER, by=BY)

    (sent,) = mail.outbox
    assert "/welcome/" not in sent.body
    assert "/invitations/" in sent.body


def test_a_passkey_lets_nobody_in_either(client, is_required, dana, rf):
    request = client.get("/login/").wsgi_request
    kwargs = dict.fromkeys(
        ("email_verification", "signal_kwargs", "email", "signup", "redirect_url")
    )

    response = AccountAdapter(request).pre_login(request, dana, **kwargs)

    assert response.url == place("organisation_sign_in")


def test_another_provider_lets_nobody_in(client, real, provider, add):
    IdentityProvider.objects.update(is_on=False)
    on(add("everybody"))
    sign_in(client, real, slug="everybody")
    client.logout()
    IdentityProvider.objects.update(is_on=True)
    RequiredSignIn.objects.create(organisation=provider.organisation)

    response = sign_in(client, real, slug="everybody")

    assert "with their organisation&#x27;s own provider" in response.text


def test_its_own_provider_lets_them_in(client, real, is_required):
    sign_in(client, real)

    assert get_user(client).email == "ada@acme.example"


def test_who_is_in_may_prove_it_by_password(client, is_required, dana):
    client.force_login(dana)

    response = client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    assert response.status_code == 302


# Who is known and did not come from there yet


def test_who_is_known_connects_it_with_the_password_once(
    client, real, is_required, dana
):
    asked = sign_in(client, real, "dana")
    assert asked.url == place("connect")
    reset = client.post(reverse("account_reset_password"), {"email": dana.email})

    sign_in_with_password(client)

    assert reset.status_code == 302
    assert get_user(client) == dana
    assert SocialAccount.objects.get().user == dana
    assert events(Action.BREAK_GLASS_USED) == []
    assert client.session[sessions.KEY]["provider"] == "acme"
    client.logout()
    assert REFUSED in sign_in_with_password(client).text


def test_a_wrong_password_connects_nothing(client, real, is_required, dana):
    sign_in(client, real, "dana")

    response = sign_in_with_password(client, password="wrong")

    assert REFUSED in response.text
    assert not SocialAccount.objects.exists()


def test_another_tab_may_have_connected_it(client, real, is_required, dana, provider):
    sign_in(client, real, "dana")
    found = Identity(
        provider, "dana", dana.email, is_verified=True, name="", groups=None
    )
    people.connect(found, dana, by=BY)

    sign_in_with_password(client)

    assert get_user(client) == dana


def test_who_comes_as_somebody_else_needs_their_own(
    client, real, is_required, dana, main
):
    MembershipFactory(
        account=main, user=UserFactory(email="ada@acme.example", password=PASSWORD)
    )
    sign_in(client, real, "ada")

    assert REFUSED in sign_in_with_password(client).text


# Breaking the glass


def test_one_person_may_and_all_admins_are_told(client, is_required, dana, admin, main):
    main.memberships.update(entered_at=dana.last_login)
    is_required.break_glass = dana
    is_required.save()

    sign_in_with_password(client)

    assert get_user(client) == dana
    (event,) = events(Action.BREAK_GLASS_USED)
    assert (event.target, event.account, event.user) == (dana.email, main, dana)
    assert sorted(each.to[0] for each in mail.outbox) == sorted(
        [dana.email, admin.email]
    )
    assert "without your required provider" in mail.outbox[0].body
