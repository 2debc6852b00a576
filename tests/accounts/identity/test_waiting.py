"""Rights that wait: of groups for their provider's word, of others for proof of who it is."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.auth import get_user
from django.urls import reverse
from django.utils import timezone

from accounts.identity import sessions, waiting
from accounts.identity.required import set_required
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
    MembershipFactory,
    UserFactory,
)
from tests.identity_provider import ADA, Person


@pytest.fixture
def page(main):
    return place("user_list", main.pk)


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


def test_who_came_with_a_password_may_add_a_passkey(client, zoe):
    client.force_login(zoe)

    # They are asked for the password first.
    page = client.get(reverse("mfa_add_webauthn"))
    assert page.url.startswith(reverse("account_reauthenticate"))


def test_strangers_are_asked_to_sign_in(client, db):
    assert client.get(reverse("mfa_add_webauthn")).status_code == 302
