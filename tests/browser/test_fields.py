"""Fields look the same in every engine, as far as Chromium can tell."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.tokens import act, modal
from tests.factories import TokenFactory


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


def test_a_date_that_nobody_chose_is_marked(visit, admin, main, token):
    page = visit(admin, reverse("tokens:api", args=[main.pk]))
    act(page, "Set expiry of", "Terraform")
    modal(page).get_by_label("Expires").select_option("date")
    day = modal(page).get_by_label("Last day")

    expect(day).to_have_attribute("data-empty", "")
    day.fill("2030-01-01")
    expect(day).not_to_have_attribute("data-empty", "")


def test_checkboxes_are_drawn_by_us(visit, admin, main, token):
    page = visit(admin, reverse("tokens:all", args=[main.pk]), color_scheme="dark")
    box = page.get_by_role("checkbox", name="Terraform")
    canvas = page.evaluate("getComputedStyle(document.body).backgroundColor")

    expect(box).to_have_css("appearance", "none")
    expect(box).not_to_have_css("background-color", "rgb(255, 255, 255)")
    assert canvas != "rgb(255, 255, 255)"
    empty = box.evaluate("box => getComputedStyle(box).backgroundColor")
    box.check()
    expect(box).not_to_have_css("background-color", empty)
