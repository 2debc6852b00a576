"""How tests find things on the pages of tokens."""

import re

from playwright.sync_api import expect


def copy_button(page, name):
    label = re.compile(f"^Copy the token {re.escape(name)} tg")
    return page.get_by_role("button", name=label)


def row(page, name):
    """Return the row of a token, by the words of the button that copies it."""
    return page.get_by_role("row").filter(has=copy_button(page, name))


def switch(page, name):
    return page.get_by_role("switch", name=f"{name}: enabled", exact=True)


def act(page, verb, name):
    """Press one of the actions that a row shows when it is pointed at."""
    row(page, name).hover()
    row(page, name).get_by_role("link", name=f"{verb} {name}", exact=True).click()


def modal(page):
    return page.get_by_role("dialog").filter(visible=True)


def copied(page, name):
    """Press Copy and return what is on the clipboard then."""
    button = copy_button(page, name)
    button.click()
    place = page.locator("copy-secret").filter(has=button)
    expect(place).to_have_attribute("data-copy", "done")
    return page.evaluate("navigator.clipboard.readText()")


def name_field(page):
    return page.get_by_role("textbox", name="Name")
