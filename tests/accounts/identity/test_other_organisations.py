"""A session that a provider opened opens nothing of another organisation's."""

import re
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.members import add_member
from accounts.models import (
    RequiredSignIn,
    Role,
)
from tests.accounts.addresses import place
from tests.accounts.identity.there_and_back import sign_in
from tests.accounts.signing_in import PASSWORD
from tests.accounts.signing_in import sign_in as sign_in_with_password
from tests.factories import (
    BY,
    MainFactory,
    MembershipFactory,
    UserFactory,
)
from tests.identity_provider import ADA


@pytest.fixture
def page(main):
    return place("user_list", main.pk)


# Another organisation than the provider's


@pytest.fixture
def other():
    return MainFactory(name="Other")


@pytest.fixture
def joined(client, real, provider, main, other):
    """Somebody who was connected, and joined another organisation later."""
    real.set(accounts={"ada": ADA})
    sign_in(client, real)
    person = get_user(client)
    MembershipFactory(account=main, user=person)
    add_member(other, email=person.email, role=Role.ADMIN, by=BY)
    return person


def test_a_provider_opens_nothing_of_another_organisation(client, joined, main, other):
    """Whoever runs it could say that they are anybody of their domains."""
    client.post(place("invitation_accept", other.organisation_id))
    assert joined.memberships.accepted().count() == 2

    page = client.get(place("user_list", other.pk))
    sent = client.post(place("user_add", other.pk), {"email": "x@acme.example"})

    assert (page.status_code, sent.status_code) == (403, 302)
    assert "Your provider does not speak for this" in page.text
    assert not other.memberships.filter(user__email="x@acme.example").exists()
    assert "Other" not in client.get(place("switcher")).text
    assert client.get("/").url.startswith(f"/accounts/{main.pk}/")
    assert client.get(place("user_list", main.pk)).status_code == 200
    passkey = client.get(reverse("mfa_add_webauthn"))
    assert passkey.status_code == 403


@pytest.mark.parametrize("is_required", [True, False])
def test_who_has_nothing_of_ours_gets_a_password_for_the_other_one(
    client, joined, real, other, main, is_required
):
    """The one organisation's requirement stays, and so does the other's proof."""
    client.post(place("invitation_accept", other.organisation_id))
    if is_required:
        RequiredSignIn.objects.create(organisation=main.organisation)
    page = place("user_list", other.pk)

    told = client.get(page)
    assert ("Acme</bdi> requires its provider" in told.text) is is_required
    # The form of that page.
    mail.outbox.clear()
    sent = client.post(reverse("account_reset_password"), {"email": joined.email})
    assert sent.status_code == 302
    link = re.search(r"http://\S+/password/\S+/", mail.outbox[0].body)[0]
    chosen = client.get(urlsplit(link).path, follow=True)
    password = {"password1": PASSWORD, "password2": PASSWORD}
    client.post(chosen.redirect_chain[-1][0], password)

    # What was open is not: the password was changed.
    assert get_user(client).is_anonymous
    sign_in_with_password(client, joined.email)
    assert get_user(client).is_anonymous is is_required
    client.logout()
    sign_in(client, real)
    asked = client.get(page)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    client.post(asked.url, {"password": PASSWORD, "next": page})
    assert client.get(page).status_code == 200
    assert client.get(reverse("mfa_add_webauthn")).status_code == 200


def test_nobody_gets_one_for_somebody_else(client, joined, main):
    RequiredSignIn.objects.create(organisation=main.organisation)
    UserFactory(email="eve@acme.example", password=PASSWORD)
    mail.outbox.clear()

    client.post(reverse("account_reset_password"), {"email": "eve@acme.example"})
    Client().post(reverse("account_reset_password"), {"email": joined.email})

    assert mail.outbox == []


def test_who_belongs_to_nobody_else_gets_none(client, joined, main, other):
    RequiredSignIn.objects.create(organisation=main.organisation)
    other.memberships.filter(user=joined).delete()
    mail.outbox.clear()

    client.post(reverse("account_reset_password"), {"email": joined.email})

    assert mail.outbox == []


def test_who_has_nothing_at_home_is_told_what_to_do(client, joined, main, other):
    client.post(place("invitation_accept", other.organisation_id))
    main.memberships.filter(user=joined).delete()

    assert client.get("/").status_code == 403


def test_a_password_opens_the_other_one(client, joined, real, other):
    client.post(place("invitation_accept", other.organisation_id))
    joined.set_password(PASSWORD)
    joined.save()
    sign_in(client, real)
    page = place("user_list", other.pk)

    asked = client.get(page)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert client.get(page).status_code == 302
    proven = client.post(asked.url, {"password": PASSWORD, "next": page})

    assert proven.url == page
    assert client.get(page).status_code == 200
    assert "Other" in client.get(place("switcher")).text


def test_who_has_a_second_factor_proves_it_with_that(client, joined, real, other):
    client.post(place("invitation_accept", other.organisation_id))
    joined.set_password(PASSWORD)
    joined.save()
    TOTP.activate(joined, "JBSWY3DPEHPK3PXP")
    sign_in(client, real)
    page = place("user_list", other.pk)
    assert client.get(page).url.startswith(reverse("mfa_reauthenticate"))

    records = "account_authentication_methods"
    session = client.session
    session[records] = [*session[records], {"method": "password", "at": 0}]
    session.save()
    assert client.get(page).status_code == 302
    session[records] = [*session[records], {"method": "mfa", "at": 0}]
    session.save()

    assert client.get(page).status_code == 200


def test_one_for_everybody_opens_all(client, real, everybodys, main, other):
    real.set(accounts={"ada": ADA})
    person = UserFactory(email="ada@acme.example", last_login=None)
    SocialAccount.objects.create(provider="acme", uid="ada", user=person)
    MembershipFactory(account=other, user=person)

    sign_in(client, real)

    assert client.get(place("user_list", other.pk)).status_code == 200
