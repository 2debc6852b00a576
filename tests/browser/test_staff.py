import pytest
from playwright.sync_api import expect

from accounts.models import Organisation
from tests.browser.tokens import modal
from tests.factories import TokenFactory


@pytest.fixture
def page(visit, staff, main):
    return visit(staff, "/")


def test_staff_suspend_an_organisation_and_bring_it_back(page, main, opens):
    token = TokenFactory(account=main)

    page.get_by_role("link", name="Acme", exact=True).click()
    page.get_by_role("link", name="Suspend").click()
    modal(page).get_by_label("Reason").fill("unpaid")
    modal(page).get_by_role("button", name="Suspend organisation").click()
    expect(page.get_by_text("Acme is suspended.")).to_be_visible()
    assert not opens(token.secret_text)
    page.get_by_role("button", name="Reactivate").click()

    expect(page.get_by_text("Acme is active again.")).to_be_visible()
    assert opens(token.secret_text)


def test_staff_found_an_organisation_with_its_first_admin(page, mailoutbox):
    page.get_by_role("link", name="New organisation").click()
    page.get_by_label("Name", exact=True).fill("Globex")
    page.get_by_label("First admin's e-mail").fill("boss@globex.example")
    page.get_by_role("button", name="Create organisation").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Globex")
    assert mailoutbox[0].to == ["boss@globex.example"]


def test_staff_change_a_plan(page):
    page.get_by_role("link", name="Acme", exact=True).click()
    page.get_by_role("link", name="Edit plan").click()
    page.get_by_label("Plan", exact=True).select_option("enterprise")
    page.get_by_role("button", name="Save").click()

    expect(page.locator(".figure").first).to_have_text("Enterprise")
    assert Organisation.objects.get().plan == "enterprise"


def test_staff_disable_a_leaked_token_with_a_reason_and_never_copy_it(
    page, main, opens
):
    token = TokenFactory(account=main, name="Terraform")

    page.get_by_role("link", name="Whose is this?").click()
    page.get_by_label("The whole token").fill(token.secret_text)
    page.get_by_role("button", name="Look it up").click()
    expect(page.get_by_role("heading", name="Terraform")).to_be_visible()
    assert token.secret_text not in page.content() + page.url
    expect(page.get_by_role("button", name="Copy the token")).to_have_count(0)
    page.get_by_label("Reason").fill("found in a public repository")
    page.get_by_role("button", name="Disable Terraform").click()

    expect(page.get_by_text("found in a public repository")).to_be_visible()
    assert not opens(token.secret_text)


def test_staff_make_and_copy_a_gateway_token(page):
    page.get_by_role("link", name="Gateway tokens").click()
    page.get_by_role("link", name="New gateway token").click()
    page.get_by_role("textbox", name="Name").fill("nginx 1")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copy the token nginx 1").click()

    expect(page.locator("copy-secret[data-copy=done]")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("tgg_")
