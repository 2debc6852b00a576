"""Organisations whose people sign in with their own provider, and who may break the glass."""

import pytest
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.identity import people, required, sessions
from accounts.identity.identities import Identity
from accounts.members import add_member
from accounts.models import Action, IdentityProvider, RequiredSignIn, Role
from accounts.signing_in.adapters import AccountAdapter
from tests.accounts.addresses import place
from tests.accounts.identity.conftest import on
from tests.accounts.identity.there_and_back import said, sign_in
from tests.accounts.mails import said as said_by
from tests.accounts.signing_in import PASSWORD, events
from tests.accounts.signing_in import sign_in as sign_in_with_password
from tests.factories import BY, MembershipFactory, UserFactory
from tests.identity_provider import ADA

REFUSED = "People of acme.example sign in with Acme SSO, not with a password."


@pytest.fixture(autouse=True)
def _ada(real):
    real.set(accounts={"ada": ADA, "dana": ADA | {"email": "dana@acme.example"}})


@pytest.fixture
def is_required(provider):
    return RequiredSignIn.objects.create(organisation=provider.organisation)


@pytest.fixture
def page(main):
    return place("sign_in_settings", main.pk)


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
