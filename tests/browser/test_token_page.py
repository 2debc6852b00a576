"""The page of a token in a browser: what is done there leads back to it."""

from playwright.sync_api import expect

from tests.browser.tokens import modal
from tests.factories import TokenFactory
from tests.gateway.uses import refuse
from tests.tokens.uses import use
from tokens.kind_pages import page_of


def test_actions_lead_back_to_the_page(visit, site, admin, main, opens):
    token = TokenFactory(account=main, name="Terraform")
    page = visit(admin, page_of(token))
    heading = page.get_by_role("heading", level=1)

    page.get_by_role("link", name="Rename Terraform").click()
    field = page.get_by_role("textbox", name="Name")
    field.fill("Terraform eu")
    field.press("Enter")
    expect(heading).to_have_text("Terraform eu")
    expect(page.get_by_role("link", name="Rename Terraform eu")).to_be_focused()
    expect(page).to_have_title("Terraform eu · API token")

    page.get_by_role("link", name="Disable Terraform eu").click()
    modal(page).get_by_role("button", name="Disable Terraform eu").click()
    expect(page.get_by_role("button", name="Enable")).to_be_visible()
    expect(modal(page)).to_have_count(0)
    assert not opens(token.secret_text)

    page.locator("#notice").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Disable Terraform eu")).to_be_visible()
    assert opens(token.secret_text)
    assert page.url == site + page_of(token)


def test_a_token_that_was_never_used_waits_for_its_first_call(visit, admin, main):
    token = TokenFactory(account=main, name="Terraform")
    page = visit(admin, page_of(token))
    signal = page.get_by_role("status").filter(has=page.locator(".signal"))
    expect(signal).to_contain_text("Waiting for the first call")

    refuse(token, "wrong_kind", signal="logs")
    expect(signal).to_contain_text("A call was refused")
    expect(signal).to_contain_text("It was used to ship logs, which takes a log")

    use(token, caller=("192.0.2.9", "terraform/1.9"))
    expect(signal).to_contain_text("The first call has come just now from 192.0.2.9")
    expect(page.get_by_role("region", name="Usage")).to_contain_text("1 call in 14")
    expect(page.locator("#last-use")).to_contain_text("192.0.2.9")
    expect(page.locator("[hx-trigger^=every]")).to_have_count(0)
