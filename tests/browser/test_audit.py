from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.people import confirm_identity, with_password
from tests.browser.tokens import copied
from tests.factories import TokenFactory


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


@pytest.fixture
def page(visit, admin, main, token):
    page = visit(with_password(admin), reverse("tokens:api", args=[main.pk]))
    copied(page, "Terraform")
    page.get_by_role("link", name="Audit trail").click()
    return page


def test_a_copied_secret_is_in_the_trail_without_the_secret(page, token):
    newest = page.get_by_role("row").nth(1)

    expect(newest).to_contain_text("admin@acme.example")
    expect(newest).to_contain_text("Terraform")
    newest.locator("summary").click()
    expect(newest.get_by_role("link", name=str(token.pk), exact=True)).to_be_visible()
    assert token.secret_text not in page.content()


def test_the_trail_is_narrowed_to_people_and_actions(page):
    page.locator("summary", has_text="Who").click()
    page.get_by_label("admin@acme.example").check()
    page.get_by_role("button", name="Filter").click()

    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Clear").click()
    page.locator("summary", has_text="What").click()
    page.get_by_label("Created a token", exact=True).check()
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_the_export_asks_who_one_is(page):
    page.get_by_role("link", name="Export CSV").click()
    confirm_identity(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()

    assert "Terraform" in Path(download.value.path()).read_text()
