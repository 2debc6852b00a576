"""The Back button, in a browser that keeps whole pages to go back to."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.conftest import ARGUMENTS, Profiles, Visitor
from tests.browser.tokens import row
from tests.chromium import keeper_of_pages
from tests.factories import BY, TokenFactory

# Playwright switches it off.
NOT_OURS = ["--disable-back-forward-cache"]


@pytest.fixture(scope="module")
def keeping(playwright):
    browser = playwright.chromium.launch(
        executable_path=keeper_of_pages(),
        args=[*ARGUMENTS, "--headless=new"],
        ignore_default_args=NOT_OURS,
    )
    yield Profiles(browser)
    browser.close()


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


@pytest.fixture
def path(main):
    return reverse("tokens:api", args=[main.pk])


@pytest.fixture
def page(keeping, site, admin, path, token):
    visitor = Visitor(keeping, site, admin, {}, alone=True)
    visitor.page.goto(site + path)
    yield visitor.page
    visitor.close()
    assert visitor.complaints == []


def go_back(page, steps=1):
    # What is brought back whole loads nothing, which Playwright would wait for.
    page.evaluate(f"history.go(-{steps})")


def sign_out(page):
    page.get_by_role("button", name="Ada Admin").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_back_shows_no_token_to_whoever_comes_after_signing_out(page):
    expect(row(page, "Terraform")).to_be_visible()
    sign_out(page)

    go_back(page)

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text("Terraform")).to_have_count(0)


def test_back_shows_what_holds_now(page, site, token):
    page.get_by_role("link", name="Audit trail").click()
    expect(page.get_by_role("heading", name="Audit trail")).to_be_visible()
    token.delete_softly(by=BY)

    go_back(page)

    expect(page.get_by_text("No API tokens yet")).to_be_visible()
