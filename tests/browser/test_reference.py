"""The reference of the API: filtered while one types, followed while one reads."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def page(visit, admin):
    return visit(admin, "/api/docs")


@pytest.fixture
def index(page):
    return page.get_by_role("navigation", name="Operations of the API")


def test_what_is_typed_filters_and_enter_leads_there(page, index):
    page.keyboard.press("/")
    page.keyboard.type("rotate tokens")

    expect(page.locator("#own-token-rotate")).to_be_visible()
    expect(page.locator("#log-token-create")).to_be_hidden()
    expect(index.get_by_role("listitem")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#own-token-rotate$"))


def test_filter_says_that_nothing_was_found(page, index):
    index.get_by_role("searchbox").fill("nothing like it")

    expect(index.get_by_text("No operation has these words.")).to_be_visible()


def test_index_follows_the_reading(page, index):
    page.locator("#log-token-create").evaluate("each => each.scrollIntoView()")

    expect(index.locator("[aria-current]")).to_contain_text("Create a log shipping")
