"""What Copy does when the clipboard, the server or the session is not there."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.tokens import copy_button
from tests.factories import BY, TokenFactory
from tokens.models import Token

NO_COMMAND = "document.execCommand = () => false"
NO_CLIPBOARD = f"""
    navigator.clipboard.write = () => Promise.reject(new DOMException("no"));
    {NO_COMMAND}
"""


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


@pytest.fixture
def path(main):
    return reverse("tokens:api", args=[main.pk])


@pytest.fixture
def lan(visit, site, admin, path, token):
    """The page at a plain http address, where browsers have no clipboard API."""
    page = visit(admin, path, base=site.lan)
    assert page.evaluate("[isSecureContext, navigator.clipboard]") == [False, None]
    return page


def test_a_secret_is_copied_on_plain_http(lan, token):
    copy_button(lan, "Terraform").click()

    expect(lan.locator("copy-secret[data-copy=done]")).to_be_visible()
    expect(lan.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    expect(copy_button(lan, "Terraform")).to_be_focused()
    assert token.secret_text not in lan.content()
    _expect_pasted(lan, token)


def test_what_plain_http_refuses_is_left_selected(lan, token):
    lan.evaluate(NO_COMMAND)
    copy_button(lan, "Terraform").click()

    _expect_left_selected(lan, token)
    lan.keyboard.press("Control+C")
    expect(lan.locator("copy-secret[data-copy=done]")).to_be_visible()
    expect(lan.locator(".copy-manual")).to_have_count(0)
    expect(copy_button(lan, "Terraform")).to_be_focused()
    _expect_pasted(lan, token)


def test_what_came_too_late_is_copied_by_a_press_of_its_own(lan, token):
    lan.evaluate(NO_COMMAND)
    copy_button(lan, "Terraform").click()
    now = lan.get_by_role("button", name="Copy now")
    now.click()
    _expect_left(lan, token)

    lan.evaluate("delete document.execCommand")
    now.click()

    expect(lan.locator("copy-secret[data-copy=done]")).to_be_visible()
    expect(lan.locator(".copy-manual")).to_have_count(0)
    expect(copy_button(lan, "Terraform")).to_be_focused()
    _expect_pasted(lan, token)


def test_what_the_clipboard_refuses_is_left_selected(visit, admin, path, token):
    page = visit(admin, path)
    page.evaluate(NO_CLIPBOARD)
    copy_button(page, "Terraform").click()

    _expect_left_selected(page, token)
    page.keyboard.press("Escape")
    expect(page.locator(".copy-manual")).to_have_count(0)
    expect(copy_button(page, "Terraform")).to_be_focused()
    assert token.secret_text not in page.content()


def _expect_pasted(page, token):
    box = page.get_by_role("searchbox", name="Filter by name")
    box.focus()
    page.keyboard.press("Control+V")
    expect(box).to_have_value(token.secret_text)


def _expect_left(page, token):
    field = page.get_by_label("Press Ctrl C to copy")
    expect(field).to_have_value(token.secret_text)
    return field


def _expect_left_selected(page, token):
    field = _expect_left(page, token)
    expect(field).to_be_focused()
    expect(field).not_to_be_editable()
    assert page.evaluate("getSelection().toString()") == token.secret_text
    told = page.get_by_role("status").filter(has_text="did not let us copy")
    expect(told).to_have_count(1)


def test_what_the_server_refuses_is_said_loudly(visit, admin, path, token):
    page = visit(admin, path)
    Token.objects.get(pk=token.pk).delete_softly(by=BY)

    copy_button(page, "Terraform").click()

    expect(page.get_by_role("alert")).to_contain_text("Not copied.")


def test_a_session_that_ended_leads_to_the_login_and_back(visit, admin, path, token):
    page = visit(admin, path)
    Session.objects.all().delete()

    copy_button(page, "Terraform").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query) == {"next": [path]}
