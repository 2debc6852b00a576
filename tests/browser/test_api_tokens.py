from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.tokens import (
    act,
    copied,
    copy_button,
    modal,
    name_field,
    row,
    switch,
)
from tests.factories import TokenFactory
from tokens.models import Token


@pytest.fixture
def path(main):
    return reverse("tokens:api", args=[main.pk])


@pytest.fixture
def terraform(main):
    return TokenFactory(account=main, name="Terraform")


def note_field(page):
    return page.get_by_role("textbox", name="Note")


def test_a_token_is_made_in_the_table(visit, admin, path, terraform):
    page = visit(admin, path)

    page.get_by_role("link", name="New API token").click()
    expect(name_field(page)).to_be_focused()
    page.keyboard.type("Nightly export")
    page.keyboard.press("Enter")

    expect(row(page, "Nightly export")).to_have_class("row-new")
    expect(copy_button(page, "Nightly export")).to_be_focused()
    expect(page.locator("#tabs [aria-current]")).to_contain_text("2")
    assert "LOGZIO_API_TOKEN=" in page.locator(".row-detail").inner_text()
    assert page.url.endswith(path)


def test_escape_leaves_the_new_row(visit, admin, path, terraform):
    page = visit(admin, path)

    page.get_by_role("link", name="New API token").click()
    name_field(page).press("Escape")

    expect(name_field(page)).to_have_count(0)
    expect(page.get_by_role("link", name="New API token")).to_be_focused()
    assert Token.objects.filter(kind="api").count() == 1


def test_a_name_that_is_taken_is_said_and_kept(visit, admin, path, terraform):
    page = visit(admin, path)

    page.get_by_role("link", name="New API token").click()
    expect(name_field(page)).to_be_focused()
    page.keyboard.type("Terraform")
    page.keyboard.press("Enter")

    expect(name_field(page)).to_have_value("Terraform")
    expect(name_field(page)).to_have_attribute("aria-invalid", "true")
    expect(name_field(page)).to_be_focused()


def test_the_first_token_is_made_from_the_empty_page(visit, admin, path):
    page = visit(admin, path)

    expect(page.get_by_role("heading", name="No API tokens yet")).to_be_visible()
    page.get_by_role("link", name="New API token").click()
    name_field(page).fill("Terraform")
    page.keyboard.press("Enter")

    expect(copy_button(page, "Terraform")).to_be_focused()


def test_copying_hands_the_secret_to_the_clipboard_only(visit, admin, path, terraform):
    page = visit(admin, path)

    assert copied(page, "Terraform") == terraform.secret_text
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    assert terraform.secret_text not in page.content()
    page.get_by_role("searchbox", name="Filter by name").focus()
    page.keyboard.press("Control+V")
    expect(page.get_by_role("searchbox", name="Filter by name")).to_have_value(
        terraform.secret_text
    )


def test_the_line_to_paste_is_copied_with_the_secret(visit, admin, path, terraform):
    page = visit(admin, f"{path}?added={terraform.pk}")

    page.get_by_role("button", name="Copy with the token").click()
    expect(page.locator(".row-detail copy-secret[data-copy=done]")).to_be_visible()

    line = page.evaluate("navigator.clipboard.readText()")
    assert line == f"export LOGZIO_API_TOKEN={terraform.secret_text}"
    assert terraform.secret_text not in page.content()


def test_a_token_is_renamed_in_its_row(visit, admin, path, terraform):
    page = visit(admin, path)

    act(page, "Rename", "Terraform")
    expect(name_field(page)).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("Pulumi")
    page.keyboard.press("Enter")

    expect(row(page, "Pulumi")).to_be_visible()
    expect(page.get_by_role("link", name="Rename Pulumi")).to_be_focused()
    assert page.url.endswith(path)


def test_escape_leaves_the_name_as_it_was(visit, admin, path, terraform):
    page = visit(admin, path)

    act(page, "Rename", "Terraform")
    name_field(page).fill("Pulumi")
    page.once("dialog", lambda question: question.accept())
    page.keyboard.press("Escape")

    expect(row(page, "Terraform")).to_be_visible()
    expect(page.get_by_role("link", name="Rename Terraform")).to_be_focused()


def test_a_note_is_written_and_taken_back(visit, admin, path, terraform):
    page = visit(admin, path)

    act(page, "Edit note of", "Terraform")
    expect(note_field(page)).to_be_focused()
    note_field(page).fill("Runs in CI\nAsk Ada")
    page.get_by_role("button", name="Save note").click()

    expect(row(page, "Terraform")).to_contain_text("Runs in CI")
    expect(page.get_by_role("link", name="Edit note of Terraform")).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "Terraform")).not_to_contain_text("Runs in CI")


def test_a_note_with_a_token_stays_in_its_dialog_and_is_masked(
    visit, admin, path, terraform
):
    page = visit(admin, path)

    act(page, "Edit note of", "Terraform")
    note_field(page).fill(f"It is {terraform.secret_text}")
    page.get_by_role("button", name="Save note").click()

    expect(page.get_by_role("dialog")).to_contain_text("A whole token is in it")
    expect(note_field(page)).to_have_value(f"It is {terraform.masked}")
    assert terraform.secret_text not in page.content()
    page.get_by_role("button", name="Save note").click()
    expect(row(page, "Terraform")).to_contain_text(f"It is {terraform.masked}")


def test_a_disabled_token_stops_until_it_is_enabled(
    visit, admin, path, terraform, opens
):
    page = visit(admin, path)

    switch(page, "Terraform").click()
    expect(switch(page, "Terraform")).to_have_attribute("aria-checked", "false")
    expect(switch(page, "Terraform")).to_be_focused()
    assert not opens(terraform.secret_text)

    page.keyboard.press("Space")
    expect(switch(page, "Terraform")).to_have_attribute("aria-checked", "true")
    assert opens(terraform.secret_text)


def test_both_secrets_work_until_a_rotation_is_finished(
    visit, admin, path, terraform, opens
):
    page = visit(admin, path)

    act(page, "Rotate", "Terraform")
    modal(page).get_by_label("in 24 hours").check()
    modal(page).get_by_role("button", name="Rotate").click()
    expect(row(page, "Terraform")).to_contain_text("Old secret stops in")
    new = copied(page, "Terraform")
    assert new != terraform.secret_text
    assert opens(new)
    assert opens(terraform.secret_text)

    row(page, "Terraform").get_by_role("button", name="Finish now").click()
    expect(row(page, "Terraform")).not_to_contain_text("Old secret stops")
    assert opens(new)
    assert not opens(terraform.secret_text)


def test_an_unused_token_is_deleted_and_restored_with_its_secret(
    visit, admin, path, terraform, opens
):
    page = visit(admin, path)

    act(page, "Delete", "Terraform")
    expect(modal(page)).to_contain_text("Every request with it fails")
    modal(page).get_by_role("button", name="Delete Terraform").click()
    expect(row(page, "Terraform")).to_have_count(0)
    assert not opens(terraform.secret_text)

    page.get_by_role("link", name="Recently deleted 1").click()
    page.get_by_role("button", name="Restore Terraform").click()
    expect(row(page, "Terraform")).to_have_class("row-new")
    assert opens(terraform.secret_text)


def test_the_line_to_paste_goes_with_its_row(visit, admin, path, terraform):
    page = visit(admin, f"{path}?added={terraform.pk}")

    expect(page.locator(".row-detail")).to_be_visible()
    act(page, "Delete", "Terraform")
    modal(page).get_by_role("button", name="Delete Terraform").click()

    expect(row(page, "Terraform")).to_have_count(0)
    expect(page.locator(".row-detail")).to_have_count(0)


def test_deleting_can_be_taken_back_at_once(visit, admin, path, terraform, opens):
    page = visit(admin, path)

    act(page, "Delete", "Terraform")
    modal(page).get_by_role("button", name="Delete Terraform").click()
    page.locator("#notice").get_by_role("button", name="Undo").click()

    expect(row(page, "Terraform")).to_be_visible()
    assert opens(terraform.secret_text)


def test_a_token_in_use_is_deleted_by_typing_its_name(visit, admin, path, terraform):
    Token.objects.filter(pk=terraform.pk).update(
        last_used_at=timezone.now() - timedelta(hours=1), last_used_address="192.0.2.7"
    )
    page = visit(admin, path)

    act(page, "Delete", "Terraform")
    expect(modal(page)).to_contain_text("1 hour ago from 192.0.2.7")
    typed = modal(page).get_by_label("Type Terraform to confirm")
    typed.fill("terra")
    typed.press("Enter")
    expect(modal(page)).to_contain_text("That is not the name of the token.")
    typed.fill("Terraform")
    typed.press("Enter")

    expect(modal(page)).to_have_count(0)
    expect(row(page, "Terraform")).to_have_count(0)


def test_deleting_offers_to_disable_instead(visit, admin, path, terraform):
    page = visit(admin, path)

    act(page, "Delete", "Terraform")
    modal(page).get_by_role("button", name="Disable instead").click()

    expect(switch(page, "Terraform")).to_have_attribute("aria-checked", "false")
    expect(modal(page)).to_have_count(0)


def test_an_expiry_is_set_and_shown(visit, admin, path, terraform):
    page = visit(admin, path)

    act(page, "Set expiry of", "Terraform")
    modal(page).get_by_label("Expires").select_option("30")
    modal(page).get_by_role("button", name="Set expiry").click()

    expect(row(page, "Terraform").get_by_text("in 30 days")).to_be_visible()
