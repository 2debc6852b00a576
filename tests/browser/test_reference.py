"""The reference of the API: narrowed from the keyboard, and read on a small screen."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def page(visit, admin):
    return visit(admin, "/api/docs")


def test_what_is_typed_narrows_the_page(page):
    page.keyboard.press("/")
    page.keyboard.type("rotate tokens")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"\?q=rotate\+tokens$"))
    expect(page.locator("#own-token-rotate")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(1)


def test_index_of_a_small_screen_makes_way_for_what_it_leads_to(page):
    page.set_viewport_size({"width": 375, "height": 812})
    index = page.get_by_role("navigation", name="Operations of the API")

    page.get_by_role("button", name="Settings menu").click()
    index.get_by_text("Log shipping tokens").click()
    index.get_by_role("link", name="Create a log shipping token").click()

    expect(index).to_be_hidden()
    expect(page.locator("#log-token-create")).to_be_in_viewport()
