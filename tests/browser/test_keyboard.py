"""The portal by keyboard alone."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.tokens import modal, name_field, row, switch
from tests.factories import TokenFactory

FOCUSED = """() => {
  const { activeElement: it } = document;
  const actions = it.closest(".row-actions > *");
  return [
    it.getAttribute("aria-label") ?? it.textContent.trim().replace(/\\s+/g, " "),
    getComputedStyle(it).outlineStyle !== "none",
    !actions || getComputedStyle(actions).opacity === "1",
  ];
}"""


@pytest.fixture
def tokens(main):
    return [TokenFactory(account=main, name=name) for name in ("Older", "Newer")]


@pytest.fixture
def open_page(visit, admin, main, tokens):
    path = reverse("tokens:api", args=[main.pk])
    return partial(visit, admin, path, reduced_motion="reduce")


@pytest.fixture
def page(open_page):
    return open_page()


def test_tab_reaches_everything_and_shows_where_it_is(page):
    names = []
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        name, is_outlined, is_shown = page.evaluate(FOCUSED)
        names.append(name)
        assert is_outlined, name
        assert is_shown, name

    assert names[0] == "Skip to the content"
    for verb in ("Rename", "Rotate", "Set expiry of", "Delete"):
        assert f"{verb} Older" in names
    assert "Newer: enabled" in names
    assert "Jump to… Ctrl K" in names


def test_the_skip_link_leads_past_the_navigation(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="Data shipping tokens")).to_be_focused()


def test_a_token_is_deleted_without_a_mouse(page):
    page.keyboard.press("j")
    expect(row(page, "Newer")).to_be_focused()
    while page.evaluate(FOCUSED)[0] != "Delete Newer":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(modal(page).get_by_role("link", name="Cancel")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")

    expect(row(page, "Newer")).to_have_count(0)
    expect(page.get_by_role("link", name="Older", exact=True)).to_be_focused()


def test_a_search_that_is_answered_late_takes_away_no_form(page):
    # It is never answered.
    page.route("**/find/", lambda route: None)
    page.keyboard.press("/")
    with page.expect_request("**/find/"):
        page.keyboard.type("Old")
    with page.expect_event("requestfailed") as given_up:
        leave_the_search_for_a_form(page)

    assert given_up.value.url.endswith("/find/")


def test_a_search_that_is_still_to_be_sent_takes_away_no_form(open_page):
    page = open_page(alone=True)
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    page.keyboard.press("/")
    page.keyboard.type("Old")
    leave_the_search_for_a_form(page)
    page.on("dialog", lambda asked: asked.accept())
    page.clock.run_for(1000)
    page.wait_for_load_state("networkidle")

    expect(name_field(page)).to_have_value("Typed meanwhile")


def leave_the_search_for_a_form(page):
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("n")
    name_field(page).fill("Typed meanwhile")


def test_shortcuts_move_search_make_and_copy(page, tokens):
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(row(page, "Older")).to_be_focused()
    page.keyboard.press("c")
    expect(row(page, "Older").locator("[data-copy=done]")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == tokens[0].secret_text
    page.keyboard.press("k")
    expect(row(page, "Newer")).to_be_focused()

    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Filter by name")).to_be_focused()
    page.keyboard.type("n?")
    expect(page.get_by_role("searchbox", name="Filter by name")).to_have_value("n?")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("n")
    expect(name_field(page)).to_be_focused()


def test_help_lists_the_shortcuts_and_the_profile_switches_them_off(page, site, main):
    page.keyboard.press("?")
    expect(modal(page)).to_contain_text("Keyboard shortcuts")
    page.keyboard.press("Escape")

    page.goto(site + reverse("accounts:profile"))
    page.get_by_role("switch", name="On in this browser").click()
    page.goto(site + reverse("tokens:api", args=[main.pk]))
    page.keyboard.press("?")
    page.keyboard.press("n")
    page.keyboard.press("j")

    expect(modal(page)).to_have_count(0)
    expect(name_field(page)).to_have_count(0)
    expect(page.locator("body")).to_be_focused()


def test_the_focus_stays_where_the_work_is(page):
    switch(page, "Older").focus()
    page.keyboard.press("Space")
    expect(switch(page, "Older")).to_have_attribute("aria-checked", "false")
    expect(switch(page, "Older")).to_be_focused()
