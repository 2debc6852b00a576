"""Dialogs: they hold the focus, give it back, and are as accessible as pages."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.tokens import act, modal, row
from tests.factories import FilterFactory, ShareFactory, TokenFactory

SCHEMES = ("light", "dark")


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


@pytest.fixture
def page(visit, admin, main, token):
    return visit(admin, reverse("tokens:api", args=[main.pk]), reduced_motion="reduce")


def expect_accessible(page, accessibility):
    expect(modal(page)).to_be_visible()
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert accessibility(page) == []


def test_a_dialog_keeps_the_focus_inside_and_gives_it_back(page):
    act(page, "Delete", "Terraform")
    expect(modal(page).get_by_role("link", name="Cancel")).to_be_focused()

    for _ in range(8):
        page.keyboard.press("Tab")
        outside = "!document.activeElement.closest('dialog, body:not(:focus-within)')"
        assert not page.evaluate(
            f"{outside} && document.activeElement !== document.body"
        )
    page.keyboard.press("Escape")

    expect(modal(page)).to_have_count(0)
    expect(row(page, "Terraform").get_by_label("Delete Terraform")).to_be_focused()


def test_cancel_and_the_background_close_a_dialog(page):
    act(page, "Rotate", "Terraform")
    modal(page).get_by_role("link", name="Cancel").click()
    expect(modal(page)).to_have_count(0)
    act(page, "Rotate", "Terraform")
    expect(modal(page)).to_be_visible()
    page.mouse.click(5, 400)

    expect(modal(page)).to_have_count(0)
    expect(row(page, "Terraform").get_by_label("Rotate Terraform")).to_be_focused()


def test_escape_asks_before_it_throws_away_what_was_typed(page):
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    act(page, "Rotate", "Terraform")

    modal(page).get_by_label("in 7 days").check()
    page.keyboard.press("Escape")

    expect(modal(page).get_by_label("in 7 days")).to_be_checked()
    assert asked == ["Leave without saving?"]


@pytest.mark.parametrize("verb", ["Rotate", "Set expiry of", "Delete"])
def test_dialogs_of_a_token_are_accessible(page, accessibility, verb):
    act(page, verb, "Terraform")

    expect_accessible(page, accessibility)


def test_dialogs_of_shared_tokens_are_accessible(page, main, accessibility):
    share = ShareFactory(
        account=main, name="Board", filters=[FilterFactory(account=main, value="test")]
    )
    page.get_by_role("link", name="Shared tokens").click()

    act(page, "Edit", share.token.name)
    expect_accessible(page, accessibility)
    page.keyboard.press("Escape")
    page.get_by_role("row", name="env test").hover()
    page.get_by_role("link", name="Delete filter env: test").click()
    expect_accessible(page, accessibility)


def test_jump_switcher_and_help_are_accessible(page, accessibility):
    page.keyboard.press("Control+k")
    expect_accessible(page, accessibility)
    page.keyboard.press("Escape")
    # The browser closes it when it gets round to it, and keys before that are its own.
    expect(page.get_by_role("link", name="Jump to")).to_be_focused()
    page.keyboard.press("?")
    expect_accessible(page, accessibility)
    page.keyboard.press("Escape")
    expect(modal(page)).to_have_count(0)

    page.get_by_role("banner").get_by_role("link", name="Acme").click()
    expect(page.locator("#switcher-results").get_by_role("link").first).to_be_visible()
    page.emulate_media(color_scheme="light")
    assert accessibility(page) == []


def test_a_key_right_after_a_dialog_has_closed_is_heard(page):
    page.keyboard.press("Control+k")
    expect(modal(page).get_by_role("searchbox")).to_be_focused()

    focused = page.evaluate("""() => {
        document.querySelector("dialog[open]").close();
        const focused = document.activeElement;
        focused.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true }));
        return focused.tagName;
    }""")

    expect(modal(page).get_by_role("heading", name="Keyboard")).to_be_visible()
    assert focused == "INPUT"


@pytest.mark.parametrize("name", ["Theme", "Ada Admin: profile and sign out"])
def test_menus_are_accessible(page, accessibility, name):
    page.get_by_role("button", name=name).click()
    expect(page.locator(".menu:popover-open")).to_be_visible()

    assert accessibility(page) == []
