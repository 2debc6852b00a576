"""What was typed into a row is not lost without a question."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.tokens import act, name_field, row
from tests.factories import TokenFactory


@pytest.fixture
def page(visit, admin, main):
    TokenFactory(account=main, name="Terraform")
    return visit(admin, reverse("tokens:api", args=[main.pk]))


@pytest.fixture
def asked(page):
    """What the browser asked; the answer is no, until a test says yes."""
    questions = []
    page.on("dialog", lambda dialog: answer(dialog))

    def answer(dialog):
        questions.append(dialog)
        dialog.accept() if page.is_sure else dialog.dismiss()

    page.is_sure = False
    return questions


def test_a_new_row_is_left_by_who_is_sure(page, asked):
    page.get_by_role("link", name="New API token").click()
    name_field(page).fill("Nightly export")
    for leave in (
        lambda: name_field(page).press("Escape"),
        lambda: page.get_by_role("link", name="Cancel").click(),
        lambda: page.get_by_role("link", name="New API token").click(),
        lambda: page.get_by_role("link", name="Audit trail").click(),
    ):
        before = len(asked)
        leave()
        assert len(asked) == before + 1
        expect(name_field(page)).to_have_value("Nightly export")
    assert [each.type for each in asked] == [*["confirm"] * 3, "beforeunload"]

    page.is_sure = True
    page.get_by_role("link", name="Cancel").click()
    expect(name_field(page)).to_have_count(0)


def test_nothing_is_asked_where_nothing_was_typed(page, asked):
    page.get_by_role("link", name="New API token").click()
    name_field(page).press("Escape")
    expect(name_field(page)).to_have_count(0)
    act(page, "Rename", "Terraform")
    name_field(page).fill("Pulumi")
    name_field(page).press("Enter")
    expect(row(page, "Pulumi")).to_be_visible()
    page.get_by_role("link", name="Audit trail").click()

    expect(page.get_by_role("heading", name="Audit trail")).to_be_visible()
    assert asked == []


def test_a_form_that_the_person_kept_back_can_be_sent_later(page, asked):
    page.get_by_role("link", name="New API token").click()
    name_field(page).fill("Nightly export")
    choose_dark(page)
    assert [each.type for each in asked] == ["confirm"]
    expect(name_field(page)).to_have_value("Nightly export")

    page.is_sure = True
    choose_dark(page)
    # Nothing was on its way: it is asked again, and sent.
    expect(page.locator("[data-theme=dark]")).to_have_count(1)
    expect(name_field(page)).to_have_count(0)
    assert [each.type for each in asked] == ["confirm"] * 2


def choose_dark(page):
    dark = page.get_by_role("button", name="Dark")
    if not dark.is_visible():
        page.get_by_role("button", name="Theme").click()
    dark.click()
