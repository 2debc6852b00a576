"""Proof by the provider that it is really them: when they signed in there is asked for."""

import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user
from django.urls import reverse
from django.utils import timezone

from accounts.identity import proof, sessions
from accounts.identity.id_tokens import signed_in_at
from accounts.members import add_member
from accounts.models import IdentityProvider, RequiredSignIn, Role
from tests.accounts.addresses import place
from tests.accounts.identity.there_and_back import back, sign_in
from tests.accounts.signing_in import PASSWORD
from tests.factories import BY, MainFactory, MembershipFactory
from tests.identity_provider import ADA, Person

SAID = "Acme SSO has confirmed that it is you."


@pytest.fixture
def browser(real):
    return Person(real)


@pytest.fixture
def ada(client, real, provider, main, browser):
    """An admin who has nothing of ours, signed in by the provider."""
    real.set(accounts={"ada": ADA, "eve": ADA | {"email": "eve@acme.example"}})
    sign_in(client, real, person=browser)
    return MembershipFactory(account=main, user=get_user(client)).user


@pytest.fixture
def page(main):
    return place("audit_export", main.pk)


def asked(response):
    """Return what the provider is asked besides, of an answer that leads there."""
    query = parse_qs(urlsplit(response.url).query)
    return {name: query[name] for name in ("max_age", "prompt") if name in query}


def told(client, **session):
    """Let the session have been told something else by the provider."""
    kept = client.session
    kept[sessions.KEY] |= session
    kept.save()


def test_who_has_just_signed_in_there_is_asked_nothing(client, ada, browser, page):
    led = client.get(page)
    there = client.get(led.url)
    returned = back(client, browser.go(there.url))

    assert led.url == f"/oidc/acme/login/?again=again&next={page.replace('/', '%2F')}"
    assert asked(there) == {"max_age": ["600"]}
    assert returned.url == page
    shown = client.get(page)
    assert shown.status_code == 200
    assert SAID in shown.text
    assert client.post(page)["Content-Type"].startswith("text/csv")


def test_who_signed_in_there_earlier_is_asked_there(
    client, ada, browser, page, real, time_machine
):
    """The provider sees to it, by its own clock: ours is ahead here."""
    real.set(fault={"claims": {"auth_time": int(time.time()) - 3600}})
    there = client.get(client.get(page).url)
    anew = back(client, browser.go(there.url))

    assert anew.url.startswith("/oidc/acme/login/?again=anew&next=")
    real.set(fault=None)
    there = client.get(anew.url)
    assert asked(there) == {"max_age": ["600"], "prompt": ["login"]}
    # It does not lead back by itself.
    assert browser.go(there.url).status_code == 200
    returned = back(client, browser.go(there.url, "ada"))
    assert returned.url == page
    assert client.get(page).status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": ["auth_time"]},
        {"claims": {"auth_time": "now"}},
        {"claims": {"auth_time": True}},
        {"claims": {"auth_time": 2**40}},
        {"claims": {"auth_time": 0}},
    ],
)
def test_one_that_does_not_tell_when_proves_nothing(
    client, ada, browser, page, real, fault
):
    real.set(fault=fault)
    anew = back(client, browser.go(client.get(client.get(page).url).url))
    there = client.get(anew.url)

    response = back(client, browser.go(there.url, "ada"))

    assert response.status_code == 403
    assert "the provider has to tell auth_time" in response.text
    assert get_user(client) == ada
    assert client.get(page).status_code == 302


def test_one_who_takes_the_question_out_of_the_address_proves_nothing(
    client, ada, browser, page, real
):
    """What was asked for is kept here, and not in what a browser can change."""
    real.set(fault={"drop": ["auth_time"]})
    there = client.get(client.get(page).url)

    returned = back(client, browser.go(there.url.replace("max_age=600", "x=1")))

    assert returned.url.startswith("/oidc/acme/login/?again=anew")


def test_a_proof_of_somebody_else_is_none(client, ada, real, page):
    there = client.get(client.get(page).url)

    response = back(client, Person(real).go(there.url, "eve"))

    assert response.status_code == 403
    assert "You are ada@acme.example here, and somebody else there." in response.text
    assert get_user(client) == ada


def test_a_proof_holds_for_a_quarter_of_an_hour(client, ada, page):
    told(client, auth_time=time.time() - 14 * 60)
    assert client.get(page).status_code == 200

    told(client, auth_time=time.time() - 15 * 60)

    assert client.get(page).status_code == 302


def test_a_word_that_says_nothing_of_it_leaves_it_as_it_was(
    client, ada, browser, page, real
):
    at = int(time.time()) - 60
    told(client, auth_time=at)

    sign_in(client, real, person=browser, silent="1")

    assert sessions.of(client)["auth_time"] == at


def test_sessions_of_before_have_no_proof(client, ada, browser, page, real):
    kept = client.session
    del kept[sessions.KEY]["auth_time"]
    kept.save()

    assert client.get(page).status_code == 302
    sign_in(client, real, person=browser)
    assert sessions.of(client)["auth_time"] == 0


def test_what_a_script_sends_leads_the_page_there(client, ada, page):
    response = client.post(
        page,
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/profile/"},
    )

    assert response.status_code == 401
    assert response["HX-Redirect"] == "/oidc/acme/login/?again=again&next=%2Fprofile%2F"
    nowhere = client.post(page, headers={"HX-Request": "true"})
    assert nowhere["HX-Redirect"].endswith("again=again&next=%2F")


def test_a_passkey_is_not_added_without_it(client, ada, browser, real):
    address = reverse("mfa_add_webauthn")

    there = client.get(client.get(address).url)
    back(client, browser.go(there.url))

    assert client.get(address).status_code == 200


def test_who_has_a_password_is_asked_for_that(client, ada, page, real):
    ada.set_password(PASSWORD)
    ada.save()
    sign_in(client, real)

    assert client.get(page).url.startswith(reverse("account_reauthenticate"))


def test_where_no_password_is_used_the_provider_is_asked(client, ada, main, page, real):
    """They may have forgotten it, and get no other."""
    ada.set_password(PASSWORD)
    ada.save()
    RequiredSignIn.objects.create(organisation=main.organisation)
    sign_in(client, real)
    told(client, auth_time=time.time())
    assert client.get(page).status_code == 200

    # Who belongs to others as well proves it by what is not that organisation's.
    add_member(MainFactory(), email=ada.email, role=Role.USER, by=BY)

    assert client.get(page).url.startswith(reverse("account_reauthenticate"))


def test_another_organisations_requirement_is_another_matter(
    client, ada, main, page, real
):
    ada.set_password(PASSWORD)
    ada.save()
    sign_in(client, real)
    told(client, auth_time=time.time(), organisation=None)
    RequiredSignIn.objects.create(organisation=main.organisation)

    assert client.get(page).url.startswith(reverse("account_reauthenticate"))


def test_one_that_is_off_proves_nothing(client, ada, page):
    IdentityProvider.objects.update(is_on=False)

    response = client.get(page)

    assert response.status_code == 409
    assert "What signed you in is switched off" in response.text


def test_a_session_that_no_provider_opened_is_asked_as_before(client, dana, page):
    client.force_login(dana)

    assert client.get(page).url.startswith(reverse("account_reauthenticate"))


def test_who_is_not_signed_in_is_signed_in(client, ada, real):
    client.logout()

    sign_in(client, real, again="again")

    assert get_user(client) == ada
    assert sessions.of(client)["auth_time"] > time.time() - 60


def test_clocks_may_differ_by_a_minute(time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    now = time.time()

    assert [signed_in_at({"auth_time": now + each}) > 0 for each in (60, 61)] == [
        True,
        False,
    ]
    assert signed_in_at({"auth_time": now - 0.5}) == now - 0.5


@pytest.mark.parametrize(("seconds", "is_enough"), [(660, True), (661, False)])
def test_it_may_be_ten_minutes_old_and_a_minute_more(
    rf, ada, time_machine, seconds, is_enough
):
    time_machine.move_to(timezone.now(), tick=False)
    request = rf.get("/")
    request.user = ada
    login = type("Login", (), {})()
    login.state = {"again": "again"}
    login.session = {"auth_time": time.time() - seconds}
    login.identity = type("Identity", (), {"provider": IdentityProvider(slug="acme")})()
    request._messages = Messages()

    assert (proof.check(request, login, ada) is None) is is_enough
    # Asked for it is less than what it is good for, whatever the clocks say.
    assert timedelta(seconds=660) < timedelta(minutes=15)


class Messages(list):
    def add(self, *args):
        self.append(args)
