"""Everything but copying works in a browser that runs no scripts."""

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.tokens import copy_button, name_field, row, switch
from tests.factories import BY, FilterFactory, TokenFactory
from tokens.bulk_worker import carry_on
from tokens.kinds import Kind


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


@pytest.fixture
def page(visit, admin, main, token):
    path = reverse("tokens:api", args=[main.pk])
    return visit(admin, path, java_script_enabled=False)


def act(page, verb, name):
    """Press one of the actions that a token's page has, where its row leads."""
    page.get_by_role("link", name=f"More for {name}", exact=True).click()
    page.get_by_role("main").get_by_role("link", name=f"{verb} {name}").click()


def back(page):
    page.get_by_role("main").get_by_role("link", name="API tokens").first.click()


def test_a_token_is_made_and_renamed(page):
    page.get_by_role("link", name="New API token").click()
    name_field(page).fill("Nightly export")
    page.get_by_role("button", name="Add").click()
    expect(row(page, "Nightly export")).to_have_class("row-new")

    act(page, "Rename", "Nightly export")
    name_field(page).fill("Weekly export")
    page.get_by_role("button", name="Save").click()
    back(page)
    expect(row(page, "Weekly export")).to_be_visible()


def test_a_token_is_disabled_and_enabled(page, opens, token):
    switch(page, "Terraform").click()
    expect(page.get_by_text("Terraform is disabled.")).to_be_visible()
    assert not opens(token.secret_text)

    switch(page, "Terraform").click()
    expect(page.get_by_text("Terraform is enabled.")).to_be_visible()
    assert opens(token.secret_text)


def test_a_token_is_rotated_and_the_rotation_finished(page, opens, token):
    act(page, "Rotate", "Terraform")
    page.get_by_label("in 24 hours").check()
    page.get_by_role("button", name="Rotate").click()
    back(page)
    expect(row(page, "Terraform")).to_contain_text("Old secret stops in")
    assert opens(token.secret_text)

    page.get_by_role("button", name="Finish now").click()
    expect(page.get_by_text("The old secret of Terraform is stopped.")).to_be_visible()
    assert not opens(token.secret_text)


def test_a_rotation_is_rolled_back(page, opens, token):
    new = token.rotate(by=BY, overlap=timedelta(hours=1))
    page.reload()

    page.get_by_role("link", name="Callers of Terraform").click()
    page.get_by_role("button", name="Roll back").click()

    expect(page.get_by_text("Terraform has its old secret back")).to_be_visible()
    assert opens(token.secret_text)
    assert not opens(new.reveal())


def test_a_token_is_deleted_and_restored(page, opens, token):
    act(page, "Delete", "Terraform")
    page.get_by_role("button", name="Delete Terraform").click()
    back(page)
    expect(row(page, "Terraform")).to_have_count(0)
    assert not opens(token.secret_text)

    page.get_by_role("link", name="Recently deleted").click()
    page.get_by_role("button", name="Restore Terraform").click()
    expect(row(page, "Terraform")).to_be_visible()
    assert opens(token.secret_text)


def test_copying_says_what_it_needs_and_shows_no_secret(page, token):
    copy_button(page, "Terraform").click()

    expect(page.get_by_role("heading", name="Copying needs JavaScript")).to_be_visible()
    assert token.secret_text not in page.content()
    page.get_by_role("link", name="Back to the tokens").click()
    expect(row(page, "Terraform")).to_be_visible()


def test_a_link_is_made_from_a_new_filter(page, main):
    FilterFactory(account=main, field="env", value="test")
    page.get_by_role("link", name="Shared tokens").click()
    page.get_by_role("link", name="New filter").click()
    page.get_by_label("Log field").fill("team")
    page.get_by_label("Value").fill("payments")
    page.get_by_role("button", name="Add").click()

    page.get_by_role("link", name="New shared token").click()
    name_field(page).fill("Board")
    page.get_by_role("checkbox", name="team: payments").check()
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".sentence")).to_contain_text("where team is payments")
    page.get_by_role("button", name="Add").click()
    expect(row(page, "Board")).to_contain_text("payments")

    page.get_by_role("link", name="Delete filter team: payments").click()
    page.get_by_role("button", name="Delete filter and pause 1 token").click()
    expect(row(page, "Board")).to_contain_text("Nothing until")


def test_the_account_is_switched_on_a_page_of_its_own(page, sub):
    page.get_by_role("banner").get_by_role("link", name="Acme").click()
    search = page.get_by_role("main").get_by_role("searchbox")
    search.fill("stag")
    search.press("Enter")
    page.get_by_role("link", name="Staging").click()

    expect(page.get_by_role("banner")).to_contain_text("Staging")
    assert page.url.endswith(reverse("tokens:api", args=[sub.pk]))


def test_jump_is_a_page_and_the_theme_a_form(page):
    page.get_by_role("link", name="Jump to…").click()
    search = page.get_by_role("searchbox", name="Page, account or token")
    search.fill("audit")
    search.press("Enter")
    page.get_by_role("main").get_by_role("link", name="Audit trail").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit trail")

    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit trail")


def test_many_are_disabled_on_the_server(page, main, opens, token):
    TokenFactory(account=main, name="Fluentd", kind=Kind.LOGS)
    page.get_by_role("link", name="All tokens").click()
    page.get_by_label("Select Terraform of Acme").check()
    page.get_by_label("Select Fluentd of Acme").check()
    page.get_by_role("button", name="Disable…").click()
    page.get_by_role("button", name="Disable 2 tokens").click()
    expect(page.get_by_role("status")).to_have_text("0 of 2")
    carry_on()
    page.get_by_role("link", name="Look again").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("2 of 2 tokens disabled")
    assert not opens(token.secret_text)
