from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.tokens import row
from tests.factories import BY, TokenFactory


def test_a_token_whose_name_is_taken_comes_back_with_another(visit, admin, main, opens):
    token = TokenFactory(account=main, name="Terraform")
    token.delete_softly(by=BY)
    TokenFactory(account=main, name="Terraform")
    page = visit(admin, reverse("tokens:deleted", args=[main.pk]))
    page.get_by_role("button", name="Restore Terraform").click()

    name = page.get_by_label("New name")
    expect(name).to_have_value("Terraform 2")
    name.fill("Terraform, the old one")
    page.get_by_role("button", name="Restore", exact=True).click()

    expect(row(page, "Terraform, the old one")).to_have_class("row-new")
    assert opens(token.secret_text)
