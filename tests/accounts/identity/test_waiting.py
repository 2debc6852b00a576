"""Rights that wait: of groups for their provider's word, of others for proof of who it is."""

import re
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.identity import sessions, waiting
from accounts.identity.required import set_required
from accounts.members import add_member
from accounts.models import (
    Account,
    GroupRole,
    IdentityProvider,
    Membership,
    RequiredSignIn,
    Role,
)
from accounts.permissions import Operation, may
from accounts.relations import Relation, relations
from tests.accounts.addresses import place
from tests.accounts.identity.given_groups import provider_of
from tests.accounts.identity.there_and_back import back, sign_in
from tests.accounts.signing_in import PASSWORD
from tests.accounts.signing_in import sign_in as sign_in_with_password
from tests.factories import (
    BY,
    ChildFactory,
    MainFactory,
    MembershipFactory,
    UserFactory,
)
from tests.identity_provider import ADA, Person

HX = {"HX-Request": "true"}


def ago(**spans):
    return timezone.now() - timedelta(**spans)


@pytest.fixture
def acme(main):
    return provider_of(main.organisation)


@pytest.fixture
def zoe(main, acme):
    """Somebody with a password, whose groups made an admin of them two hours ago."""
    MembershipFactory(account=main)
    person = UserFactory(email="zoe@acme.example", password=PASSWORD)
    MembershipFactory(account=main, user=person, granted_by=acme, heard_at=ago(hours=2))
    return person


@pytest.fixture
def page(main):
    return place("user_list", main.pk)


def to_provider(page, silent="yes"):
    return f"/oidc/acme/login/?{urlencode({'silent': silent, 'next': page})}"


# The word of the provider


@pytest.mark.parametrize(("minutes", "gives"), [(59, True), (60, False)])
def test_groups_count_for_an_hour_after_the_word(main, zoe, minutes, gives):
    zoe.memberships.update(heard_at=ago(minutes=minutes))

    assert bool(relations(zoe, main)) is gives
    assert len(main.waiting) == (not gives)
    seen = [Account.objects.visible_to(zoe), Account.objects.administered_by(zoe)]
    assert [main in each for each in seen] == [gives, gives]


def test_what_was_never_heard_of_gives_nothing(main, zoe):
    zoe.memberships.update(heard_at=None)

    assert relations(zoe, main) == set()
    assert waiting.of(zoe) == list(zoe.memberships.all())


def test_what_was_given_by_hand_waits_for_nobody(main, zoe):
    zoe.memberships.update(granted_by=None)

    assert relations(zoe, main) == {Relation.ADMIN}
    assert waiting.of(zoe) == []


def test_what_is_fetched_in_ones_name_stands_for_30_days(main, zoe):
    assert may(zoe, Operation.CALENDAR_EDIT, main)

    zoe.memberships.update(heard_at=ago(days=30))

    assert not may(zoe, Operation.CALENDAR_EDIT, main)
    assert zoe not in {row.user for row in Membership.objects.helpers(main)}


@pytest.mark.parametrize("is_on", [True, False])
def test_the_profile_says_what_waits(client, zoe, acme, is_on):
    IdentityProvider.objects.update(is_on=is_on)
    client.force_login(zoe)

    text = client.get(place("profile")).text

    assert ('href="/oidc/acme/login/?next=/profile/"' in text) is is_on
    assert ("which is switched off" in text) is not is_on


def test_a_page_leads_to_the_provider_and_asks_nothing(client, zoe, page):
    client.force_login(zoe)

    assert client.get(page).url == to_provider(page)
    assert client.get("/").url == to_provider("/")
    # However often: there is nothing else to show.
    assert client.get(page).url == to_provider(page)


def test_what_is_sent_leads_to_the_page_behind(client, zoe, main, page):
    client.force_login(zoe)
    address = place("user_add", main.pk)

    sent = client.post(address, HTTP_REFERER=f"http://testserver{page}")
    swapped = client.post(address, headers=HX)

    assert sent.url == f"/login/?next={page}"
    assert (swapped.status_code, "HX-Redirect" in swapped) == (401, True)
    assert client.get(sent.url).url == page


def test_who_can_go_on_without_it_is_led_there_once_an_hour(
    client, zoe, main, time_machine
):
    time_machine.move_to(timezone.now(), tick=False)
    sub = ChildFactory(main=main)
    MembershipFactory(account=sub, user=zoe, role=Role.USER)
    client.force_login(zoe)
    page = place("general", sub.pk)

    assert client.get(page, headers=HX).status_code == 200
    assert client.get(page).url == to_provider(page, "only")
    assert client.get(page).status_code == 200
    assert client.get("/").url == page
    # What only the groups allow is another matter.
    users = place("user_list", sub.pk)
    assert client.get(users).url == to_provider(users)
    time_machine.shift(timedelta(minutes=61))
    assert client.get(page).url == to_provider(page, "only")


def test_a_provider_that_is_off_gives_nothing_and_says_whom_to_ask(
    client, zoe, main, page
):
    IdentityProvider.objects.update(is_on=False)
    client.force_login(zoe)

    assert client.get(page).status_code == 403
    assert client.get("/").status_code == 200


def test_who_may_break_the_glass_needs_no_word(main, zoe, acme):
    set_required(main, required=True, break_glass=zoe, by=BY, session_key="")

    assert relations(zoe, main) == {Relation.ADMIN}
    assert RequiredSignIn.objects.get().break_glass == zoe


# There and back, at the real one


@pytest.fixture
def browser(real):
    return Person(real)


@pytest.fixture
def ada(client, real, provider, main, browser):
    """Somebody whom the provider knows, signed in with a password, two hours later."""
    MembershipFactory(account=main)
    GroupRole.objects.create(account=main, group="staff", role=Role.ADMIN)
    scope = "openid profile email groups"
    IdentityProvider.objects.update(groups_claim="groups", scope=scope)
    real.set(accounts={"ada": ADA})
    sign_in(client, real, person=browser)
    person = get_user(client)
    client.logout()
    person.set_password(PASSWORD)
    person.save()
    person.memberships.update(heard_at=ago(hours=2))
    sign_in_with_password(client, person.email)
    return person


def through(client, browser, page):
    """Go from a page to the provider and back, and return what comes of the page then."""
    there = client.get(client.get(page).url)
    returned = back(client, browser.go(there.url))
    assert returned.url == page
    return client.get(page)


def test_who_has_the_group_still_works_on(client, ada, browser, page):
    assert through(client, browser, page).status_code == 200
    # From now on it is asked every hour, like any session of a provider.
    assert sessions.of(client)["provider"] == "acme"


def test_who_lost_it_does_not(client, ada, browser, page, real):
    real.set(accounts={"ada": ADA | {"groups": []}})

    assert through(client, browser, page).status_code == 404
    assert not ada.memberships.exists()


def test_a_word_without_groups_is_a_word(client, ada, browser, page):
    IdentityProvider.objects.update(groups_claim="")

    assert through(client, browser, page).status_code == 200


def test_who_is_signed_out_there_goes_on_without_it(client, ada, real, main):
    sub = ChildFactory(main=main)
    MembershipFactory(account=sub, user=ada, role=Role.USER)
    page = place("general", sub.pk)

    there = client.get(client.get(page).url)
    returned = back(client, Person(real).go(there.url))

    assert returned.url == page
    assert "What groups of Acme SSO give you waits" in client.get(page).text


@pytest.mark.parametrize("silent", ["yes", "only"])
def test_one_that_is_away_stops_nobody_who_can_go_on(client, ada, real, silent):
    IdentityProvider.objects.update(metadata=None)
    real.set(away=503)

    response = client.get(to_provider("/profile/", silent))

    if silent == "only":
        assert response.url == "/profile/"
        assert "give you waits" in client.get("/profile/").text
    else:
        assert response.status_code == 503


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


def test_who_came_with_a_password_may_add_a_passkey(client, zoe):
    client.force_login(zoe)

    # They are asked for the password first.
    page = client.get(reverse("mfa_add_webauthn"))
    assert page.url.startswith(reverse("account_reauthenticate"))


def test_strangers_are_asked_to_sign_in(client, db):
    assert client.get(reverse("mfa_add_webauthn")).status_code == 302
