"""Signing in with the real provider, in a real browser: there, back, and out again."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.identity import providers
from accounts.models import User
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
