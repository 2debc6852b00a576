import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Account
from tests.browser.people import confirm_identity, with_password
from tests.browser.tokens import modal
from tests.factories import TokenFactory


@pytest.fixture
def page(visit, admin, main, sub):
    path = reverse("accounts:account_list", args=[main.pk])
    return visit(with_password(admin), path)


def test_a_sub_account_is_made_and_its_token_copied(page):
    page.get_by_role("link", name="New sub account").click()
    page.get_by_label("Name").fill("Payments")
    page.locator("[data-field=max_daily_gb] input").fill("5")
    page.get_by_role("button", name="Create account").last.click()
    expect(page.get_by_role("heading", name="Payments")).to_be_visible()
    page.get_by_role("link", name="Manage accounts").first.click()

    row = page.get_by_role("row").filter(has_text="Payments")
    expect(row).to_contain_text("5 GB")
    row.get_by_role("button", name="Copy the token Payments").click()
    expect(row.locator("copy-secret[data-copy=done]")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("tgl_")


def test_a_plan_that_does_not_add_up_is_refused_and_what_was_typed_kept(page):
    page.get_by_role("link", name="New sub account").click()
    page.get_by_label("Name").fill("Payments")
    volume = page.locator("[data-field=max_daily_gb] input")
    volume.fill("5000")
    page.get_by_role("button", name="Create account").last.click()

    expect(volume).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[data-field=max_daily_gb]")).to_contain_text("GB")
    expect(page.get_by_label("Name")).to_have_value("Payments")
    assert not Account.objects.filter(name="Payments").exists()


def test_an_account_is_found_opened_and_edited(page):
    page.get_by_role("searchbox", name="Find an account").last.press_sequentially(
        "stag"
    )
    expect(page.locator("#rows tr")).to_have_count(1)
    page.get_by_role("link", name="Staging").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Name").fill("Staging 2")
    page.get_by_role("button", name="Save changes").last.click()

    expect(page.get_by_role("heading", level=1, name="Staging 2")).to_be_visible()


def test_a_suspended_account_stops_its_tokens_until_it_is_reactivated(page, sub, opens):
    token = TokenFactory(account=sub)
    row = page.get_by_role("row").filter(has_text="Staging")

    page.get_by_role("button", name="More for Staging").click()
    page.get_by_role("link", name="Suspend").click()
    modal(page).get_by_label("Reason").fill("unpaid")
    modal(page).get_by_role("button", name="Suspend Staging").click()
    expect(row).to_contain_text("Suspended")
    assert not opens(token.secret_text)

    page.get_by_role("button", name="More for Staging").click()
    page.get_by_role("button", name="Reactivate").click()
    expect(row).to_contain_text("Active")
    assert opens(token.secret_text)


def test_deleting_says_what_stops_and_asks_who_one_is(page, sub, opens):
    token = TokenFactory(account=sub)

    page.get_by_role("button", name="More for Staging").click()
    page.get_by_role("link", name="Delete").click()
    expect(modal(page)).to_contain_text("1 API token")
    modal(page).get_by_role("button", name="Delete Staging").click()
    confirm_identity(page)

    expect(page.get_by_text("Deleted Staging. Staff can restore it")).to_be_visible()
    assert not opens(token.secret_text)
