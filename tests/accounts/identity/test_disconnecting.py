"""Letting go of a provider: what is left to sign in with, and what goes with it."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user
from django.core import mail
from django.urls import reverse

from accounts.identity import sessions
from accounts.identity.connections import ONLY_WAY
from accounts.identity.groups import apply_groups
from accounts.models import (
    Action,
    GroupRole,
    IdentityProvider,
    RequiredSignIn,
    Role,
    SeenGroups,
)
from tests.accounts.addresses import place
from tests.accounts.identity.given_groups import provider_of, session_of
from tests.accounts.signing_in import events
from tests.factories import MembershipFactory, UserFactory


@pytest.fixture
def provider(main):
    return provider_of(main.organisation)


def connect(person, provider):
    return SocialAccount.objects.create(
        provider=provider.slug, uid=str(person.pk), user=person
    )


@pytest.fixture
def row(dana, provider):
    return connect(dana, provider)


@pytest.fixture
def zoe(main):
    """Somebody without a password."""
    person = UserFactory(email="zoe@acme.example")
    person.set_unusable_password()
    person.save()
    return MembershipFactory(account=main, user=person, role=Role.USER).user


def comes_from(client, provider, *, minutes=0):
    """Let the session be one that a provider began, or confirmed that long ago."""
    session = client.session
    session[sessions.KEY] = {
        "provider": provider.slug,
        "subject": "x",
        "at": int(time.time()) - minutes * 60,
        "auth_time": int(time.time()) - minutes * 60,
        "id_token": "",
    }
    session.save()


def test_the_profile_says_since_when_and_when_last(client, dana, row):
    client.force_login(dana)

    text = client.get(place("profile")).text

    assert "last sign-in <time" in text
    assert place("disconnect", row.pk) in text
    assert "Connect <bdi>" not in text


def test_one_that_is_off_is_shown_and_can_be_let_go(client, dana, row, confirmed):
    IdentityProvider.objects.update(is_on=False)
    confirmed(dana)

    text = client.get(place("profile")).text
    client.post(place("disconnect", row.pk))

    assert "switched off by the operator" in text
    assert not SocialAccount.objects.exists()


def test_one_without_a_recent_sign_in_is_asked_for_the_password(client, dana, row):
    client.force_login(dana)

    shown = client.get(place("disconnect", row.pk))
    response = client.post(place("disconnect", row.pk))

    assert "Disconnect <bdi>Acme</bdi>?" in shown.text
    assert response.url.startswith(reverse("account_reauthenticate"))
    assert SocialAccount.objects.exists()


def test_it_is_gone_audited_and_mailed(client, dana, row, confirmed, provider):
    confirmed(dana)
    theirs = session_of(dana, "theirs")
    UserSession.objects.filter(pk=theirs.pk).update(data={"provider": "acme"})
    session_of(dana, "other")

    response = client.post(place("disconnect", row.pk), follow=True)

    assert "Acme signs you in no more." in response.text
    assert not SocialAccount.objects.exists()
    keys = set(UserSession.objects.values_list("session_key", flat=True))
    assert keys == {"other", client.session.session_key}
    (event,) = events(Action.PROVIDER_DISCONNECTED)
    assert (event.target, event.organisation) == (dana.email, provider.organisation)
    assert event.data == {"provider": "Acme"}
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (
        [dana.email],
        "[Tollgate] You cannot sign in with Acme any more",
    )
    assert "Connect <bdi>Acme</bdi>" not in response.text


def test_the_session_that_it_began_ends_too(client, dana, row, confirmed, provider):
    confirmed(dana)
    comes_from(client, provider)

    shown = client.get(place("disconnect", row.pk))
    response = client.post(place("disconnect", row.pk), follow=True)

    assert "this one too" in shown.text
    assert get_user(client).is_anonymous
    assert "Sign in another way." in response.text


def test_another_persons_is_nobody_elses(client, admin, row, confirmed):
    confirmed(admin)

    assert client.post(place("disconnect", row.pk)).url == place("profile")
    assert SocialAccount.objects.exists()


# What is left


def refusal(client, row):
    """Return what the page says, after trying it all the same."""
    client.post(place("disconnect", row.pk))
    assert SocialAccount.objects.filter(pk=row.pk).exists()
    return client.get(place("disconnect", row.pk)).text


def test_the_only_way_in_stays(client, zoe, provider):
    row = connect(zoe, provider)
    client.force_login(zoe)

    assert ONLY_WAY in refusal(client, row)
    assert "Disconnect <bdi" not in refusal(client, row)


@pytest.mark.parametrize(("resident", "is_way"), [(True, True), (False, False)])
def test_a_passkey_is_a_way_and_a_key_after_a_password_is_none(
    client, zoe, provider, resident, is_way, monkeypatch
):
    row = connect(zoe, provider)
    credential = {"clientExtensionResults": {"credProps": {"rk": resident}}}
    Authenticator.objects.create(
        user=zoe,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": "Key", "credential": credential},
    )
    client.force_login(zoe)

    text = client.get(place("disconnect", row.pk)).text

    assert (ONLY_WAY not in text) is is_way


@pytest.mark.parametrize("is_on", [True, False])
def test_another_provider_is_a_way_while_it_is_on(client, zoe, provider, is_on):
    row = connect(zoe, provider)
    other = provider_of(None, "everybody")
    connect(zoe, other)
    IdentityProvider.objects.filter(pk=other.pk).update(is_on=is_on)
    client.force_login(zoe)

    client.post(place("disconnect", row.pk))

    assert SocialAccount.objects.filter(pk=row.pk).exists() is not is_on


def test_where_it_is_required_it_stays(client, dana, row, confirmed, provider):
    RequiredSignIn.objects.create(organisation=provider.organisation)
    other = connect(dana, provider_of(None, "everybody"))
    provider.organisation.email_domains.create(domain="acme.example")
    confirmed(dana)

    assert "Acme requires it." in refusal(client, row)

    connect(dana, provider_of(provider.organisation, "second"))
    client.post(place("disconnect", row.pk))
    client.post(place("disconnect", other.pk))

    assert [each.provider for each in SocialAccount.objects.all()] == ["second"]


def test_staff_are_of_no_organisation_that_requires(client, provider, confirmed):
    RequiredSignIn.objects.create(organisation=provider.organisation)
    provider.organisation.email_domains.create(domain="acme.example")
    person = UserFactory(email="op@acme.example", password="x", is_staff=True)
    row = connect(person, provider_of(None, "everybody"))
    confirmed(person)

    client.post(place("disconnect", row.pk))

    assert not SocialAccount.objects.exists()


# What its groups gave


def test_what_its_groups_gave_goes_with_it(client, main, zoe, provider, sub):
    MembershipFactory(account=sub)
    connect(zoe, provider_of(None, "everybody"))
    row = connect(zoe, provider)
    GroupRole.objects.create(account=sub, group="platform", role=Role.ADMIN)
    apply_groups(provider, zoe, ["platform"])
    client.force_login(zoe)

    shown = client.get(place("disconnect", row.pk))
    client.post(place("disconnect", row.pk))

    assert "Admin of <bdi>Staging</bdi>" in shown.text
    assert [each.account for each in zoe.memberships.all()] == [main]
    assert not SeenGroups.objects.exists()
    # What asked for it goes on.
    assert get_user(client) == zoe


def test_an_account_keeps_the_last_admin_that_groups_made(client, dana, row, provider):
    dana.memberships.update(granted_by=provider)
    client.force_login(dana)

    text = client.get(place("disconnect", row.pk)).text

    assert "make you the last admin of Acme" in text


# Who has nothing of ours to prove themselves with


def test_one_without_a_password_signs_in_there_once_more(client, zoe, provider):
    other = provider_of(None, "everybody")
    connect(zoe, other)
    row = connect(zoe, provider)
    client.force_login(zoe)
    comes_from(client, other, minutes=16)

    page = place("disconnect", row.pk)
    asked = client.post(page)

    following = page.replace("/", "%2F")
    assert asked.url == f"{other.sign_in_path}?again=again&next={following}"
    assert SocialAccount.objects.filter(pk=row.pk).exists()
    comes_from(client, other, minutes=14)
    client.post(page)
    assert not SocialAccount.objects.filter(pk=row.pk).exists()


def test_where_that_is_off_nothing_can_tell_that_it_is_them(client, zoe, provider):
    other = provider_of(None, "everybody")
    row = connect(zoe, provider)
    connect(zoe, other)
    IdentityProvider.objects.filter(pk=provider.pk).update(is_on=False)
    client.force_login(zoe)
    comes_from(client, provider, minutes=16)

    response = client.post(place("disconnect", row.pk))

    assert response.status_code == 409
    assert "What signed you in is switched off" in response.text
    assert SocialAccount.objects.filter(pk=row.pk).exists()
