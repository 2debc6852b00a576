"""Where nothing can be hovered over, nothing waits for it."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.tokens import modal, row
from tests.factories import TokenFactory

PHONE = {
    "viewport": {"width": 375, "height": 800},
    "has_touch": True,
    "is_mobile": True,
}
TABLET = PHONE | {"viewport": {"width": 1024, "height": 800}}


@pytest.mark.parametrize("device", [PHONE, TABLET], ids=["phone", "tablet"])
def test_row_actions_are_there_without_a_pointer(visit, admin, main, device):
    TokenFactory(account=main, name="Terraform")
    page = visit(admin, reverse("tokens:api", args=[main.pk]), **device)
    actions = row(page, "Terraform").locator(".actions")
    if device is PHONE:
        page.get_by_role("button", name="More for Terraform").tap()
        expect(actions.get_by_text("Set expiry")).to_be_visible()

    buttons = actions.locator(".button")
    expect(buttons).to_have_count(7)
    for action in buttons.all():
        expect(action).to_have_css("opacity", "1")
        box = action.bounding_box()
        assert min(box["width"], box["height"]) >= 44
    row(page, "Terraform").get_by_label("Delete Terraform").tap()
    expect(modal(page)).to_contain_text("Delete Terraform?")
    expect(actions).to_be_visible(visible=device is TABLET)


def test_the_navigation_opens_on_a_phone(visit, admin, main):
    page = visit(admin, reverse("tokens:api", args=[main.pk]), **PHONE)

    expect(page.get_by_role("link", name="Audit trail")).to_be_hidden()
    page.get_by_role("button", name="Settings menu").tap()
    page.get_by_role("link", name="Audit trail").tap()

    expect(page.get_by_role("heading", level=1)).to_have_text("Audit trail")
