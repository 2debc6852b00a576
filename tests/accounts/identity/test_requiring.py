"""How admins require the sign-in of their organisation, and are told what it does."""

import pytest
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.identity import people, required
from accounts.identity.identities import Identity
from accounts.models import Action, IdentityProvider, RequiredSignIn, Role
from tests.accounts.addresses import place
from tests.accounts.identity.conftest import on
from tests.accounts.identity.there_and_back import said, sign_in
from tests.accounts.mails import said as said_by
from tests.accounts.signing_in import events
from tests.factories import BY
from tests.identity_provider import ADA


@pytest.fixture
def is_required(provider):
    return RequiredSignIn.objects.create(organisation=provider.organisation)


@pytest.fixture(autouse=True)
def _ada(real):
    real.set(accounts={"ada": ADA, "dana": ADA | {"email": "dana@acme.example"}})


@pytest.fixture
def page(main):
    return place("sign_in_settings", main.pk)


# While none is on


@pytest.fixture
def off(as_staff, provider):
    return place("staff_provider_off", provider.pk)


def test_staff_are_told_whom_the_last_one_keeps_out(
    as_staff, off, is_required, dana, main
):
    assert "nobody of its domains gets in" in said(as_staff.get(off))
    is_required.break_glass = dana
    is_required.save()
    assert "only <bdi>dana@acme.example</bdi> gets in" in said(as_staff.get(off))
    organisation = place("staff_organisation", main.organisation_id)
    assert "none of its providers is on" not in as_staff.get(organisation).text

    as_staff.post(off)

    assert "none of its providers is on" in as_staff.get(organisation).text
    (sent,) = mail.outbox
    assert sent.to == [dana.email]
    assert "Acme SSO was switched off" in sent.subject
    assert "dana@acme.example may sign in with a password" in said_by(sent)


def test_admins_are_told_that_nobody_may_break_the_glass(
    as_staff, off, is_required, dana
):
    as_staff.post(off)

    assert "Nobody may sign in with a password." in said_by(mail.outbox[0])


@pytest.mark.parametrize("other", ["on", "not required"])
def test_one_that_keeps_nobody_out_is_switched_off_without_a_word(
    as_staff, off, provider, add, other, real, main, dana
):
    SocialAccount.objects.create(provider="acme", uid="x", user=dana)
    if other == "on":
        RequiredSignIn.objects.create(organisation=provider.organisation)
        on(add("second", main.organisation))

    page = as_staff.get(off)
    as_staff.post(off)

    assert "1 person has it connected" in said(page)
    assert "requires it" not in page.text
    assert mail.outbox == []


def test_one_that_is_off_keeps_nobody_out_any_more(as_staff, off, is_required):
    as_staff.post(off)

    assert "requires it" not in as_staff.get(off).text


def test_health_and_the_page_say_what_can_keep_people_out(
    as_admin, page, provider, dana, main, admin
):
    as_admin.force_login(dana)
    health = reverse("tokens:health", args=[main.pk])
    locked, nobody = "Nobody can sign in", "Nobody can break the glass"
    row = RequiredSignIn.objects.create(organisation=main.organisation)
    assert nobody in as_admin.get(health).text
    assert nobody in as_admin.get(page).text
    assert nobody not in as_admin.get(health, {"account": main.pk}).text

    row.break_glass = dana
    row.save()
    assert nobody not in as_admin.get(health).text
    IdentityProvider.objects.update(is_on=False)

    assert "only dana@acme.example gets in" in as_admin.get(health).text
    assert locked in as_admin.get(page).text
    dana.memberships.update(role=Role.USER)
    as_admin.force_login(admin)
    text = as_admin.get(health).text
    assert (locked in text, nobody in text) == (True, True)
    assert "of your domains nobody gets in" in text
    row.break_glass = admin
    row.save()
    type(admin).objects.filter(pk=admin.pk).update(password="!")
    as_admin.force_login(type(admin).objects.get(pk=admin.pk))
    assert nobody in as_admin.get(health).text
    row.delete()
    assert locked not in as_admin.get(health).text


# The page


def test_without_a_provider_it_says_whom_to_ask(as_admin, page):
    assert "Ask the operator to set up" in as_admin.get(page).text


def test_who_did_not_come_from_there_cannot_require_it(as_admin, page, provider):
    response = as_admin.post(page, {"required": "yes"})

    assert response.status_code == 422
    assert "Sign in with your provider yourself first" in response.text
    assert not RequiredSignIn.objects.exists()


def test_one_that_is_off_cannot_be_required(as_admin, page, provider):
    IdentityProvider.objects.update(is_on=False)

    response = as_admin.post(page, {"required": "yes"})

    assert "None of your providers is on." in response.text


def test_who_came_from_there_requires_it_and_other_sessions_end(
    client, real, page, provider, dana, member, admin
):
    people.connect(
        Identity(provider, "dana", dana.email, is_verified=True, name="", groups=None),
        dana,
        by=BY,
    )
    others = Client()
    others.force_login(member)
    others.get(place("profile"))
    sign_in(client, real, "dana")
    assert "2 of them did not sign in with it yet" in said(client.get(page))

    response = client.post(
        page, {"required": "yes", "break_glass": dana.pk}, follow=True
    )

    assert "Saved. 1 sessions without it were ended." in response.text
    row = RequiredSignIn.objects.get()
    assert row.break_glass == dana
    (event,) = events(Action.SIGN_IN_REQUIRED)
    assert event.data["changes"] == [
        ["required", False, True],
        ["break_glass", None, dana.email],
    ]
    assert get_user(client) == dana
    assert get_user(others).is_anonymous
    assert list(UserSession.objects.values_list("user", flat=True)) == [dana.pk]
    client.post(page, {"required": "yes", "break_glass": dana.pk})
    assert len(events(Action.SIGN_IN_REQUIRED)) == 1
    client.post(page, {"required": "", "break_glass": dana.pk})
    assert not RequiredSignIn.objects.exists()
    assert str(row) == "required sign-in of Acme"


def test_who_breaks_the_glass_may_require_it(client, page, provider, dana):
    client.force_login(dana)

    client.post(page, {"required": "yes", "break_glass": dana.pk})

    assert RequiredSignIn.objects.get().break_glass == dana


def test_who_has_no_password_breaks_no_glass(client, page, provider, dana, admin):
    client.force_login(dana)

    response = client.post(page, {"required": "yes", "break_glass": admin.pk})

    assert "Select a valid choice" in response.text


def test_nobody_is_exempt_who_is_nobody(is_required, rf):
    assert required.is_exempt(is_required, rf.get("/"), None) is False
