"""Signing in with the real provider, in a real browser: there, back, and out again."""

import time
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.identity import providers
from accounts.models import GroupRole, Role, User
from tests import identity_provider
from tests.browser.examination import looks
from tests.factories import BY


@pytest.fixture(scope="session")
def running_provider():
    with identity_provider.running() as provider:
        yield provider


@pytest.fixture
def provider(running_provider, site, settings, main):
    """The organisation's provider, which knows this server."""
    settings.APP_URL = str(site)
    running_provider.reset()
    running_provider.set(accounts={"ada": identity_provider.ADA})
    made = providers.add_provider(
        organisation=main.organisation,
        slug="acme",
        name="Acme SSO",
        issuer=running_provider.issuer,
        client_id=identity_provider.CLIENT["client_id"],
        secret=identity_provider.CLIENT["client_secret"],
        domains=["acme.example"],
        by=BY,
    )
    running_provider.serve(made, post_logout_redirect_uris=[made.signed_out_url])
    assert all(each.is_fine for each in providers.test(made))
    providers.switch_on(made, by=BY)
    return made


@pytest.fixture
def page(chromium, site):
    """A browser of nobody, who may go to the provider as well."""
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def test_somebody_signs_in_comes_back_and_signs_out_on_both_sides(
    page, site, provider, accessibility
):
    page.goto(f"{site}{reverse('account_login')}")
    page.get_by_role("link", name="Sign in with your organisation").click()
    page.get_by_label("E-mail").fill("ada@acme.example")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("link", name="Continue to Acme SSO")).to_be_visible()
    assert [*looks(page, accessibility)] == []
    page.get_by_role("link", name="Continue to Acme SSO").click()
    page.get_by_label("Who").fill("ada")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{site}/**")
    assert User.objects.filter(email="ada@acme.example").exists()

    # Whoever is signed in there is not asked again.
    page.context.clear_cookies(domain="localhost")
    page.goto(f"{site}{provider.sign_in_path}?next={reverse('accounts:profile')}")
    expect(page).to_have_url(f"{site}{reverse('accounts:profile')}")

    page.goto(f"{site}{reverse('account_logout')}")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page).to_have_url(f"{site}{reverse('account_login')}")
    page.goto(f"{site}{provider.sign_in_path}")
    expect(page.get_by_label("Who")).to_be_visible()


@pytest.fixture
def enter(page, site, provider, running_provider):
    """Sign in as Ada, who has these groups there, from nothing on either side."""

    def enter(*groups):
        has = identity_provider.ADA | {"groups": list(groups)}
        running_provider.set(accounts={"ada": has})
        page.context.clear_cookies()
        page.goto(f"{site}{provider.sign_in_path}")
        page.get_by_label("Who").fill("ada")
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(f"{site}/**")

    return enter


HOUR_AGO = int(time.time()) - 3600


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"aud": "somebody-else"}, id="for another audience"),
        pytest.param({"exp": HOUR_AGO, "iat": HOUR_AGO - 60}, id="expired"),
    ],
)
def test_an_answer_that_does_not_hold_is_a_page(page, enter, running_provider, claims):
    running_provider.set(fault={"claims": claims})

    enter()

    expect(page.get_by_text("did not work")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in another way")).to_be_visible()
    assert not User.objects.filter(email="ada@acme.example").exists()


def test_an_answer_that_comes_twice_is_a_page(page, site, enter, provider):
    answers = []
    page.on("request", lambda asked: answers.append(asked.url))
    enter()
    (answer,) = [each for each in answers if each.startswith(provider.callback_url)]

    page.goto(answer)

    expect(page.get_by_text("is done already")).to_be_visible()


def test_new_keys_of_it_stop_nobody(page, site, provider, enter, running_provider):
    enter()
    running_provider.set(keys=True)
    # They are fetched again once those that are here are older than a minute.
    earlier = timezone.now() - timedelta(minutes=2)
    type(provider).objects.update(keys_at=earlier)

    enter()

    page.goto(f"{site}{reverse('accounts:profile')}")
    expect(page).to_have_url(f"{site}{reverse('accounts:profile')}")


def test_a_group_that_is_lost_takes_the_account_away(page, site, main, provider, enter):
    GroupRole.objects.create(account=main, group="platform", role=Role.USER)
    scope = "openid profile email groups"
    type(provider).objects.update(groups_claim="groups", scope=scope)
    general = f"{site}{reverse('accounts:general', args=[main.pk])}"
    enter("platform")
    assert page.goto(general).status == HTTPStatus.OK

    enter("another")

    assert page.goto(general).status == HTTPStatus.NOT_FOUND


def test_one_that_is_away_is_a_page(
    page, site, provider, running_provider, accessibility
):
    type(provider).objects.update(metadata=None)
    running_provider.set(away=503)

    page.goto(f"{site}{provider.sign_in_path}")

    expect(page.get_by_text("It does not answer right now.")).to_be_visible()
    assert [*looks(page, accessibility)] == []
    page.get_by_role("link", name="Sign in another way").click()
    expect(page.get_by_label("Password")).to_be_visible()
