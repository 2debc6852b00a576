import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import AccountKind
from tests.browser.tokens import act, copied, modal, name_field, row, switch
from tests.factories import ChildFactory, TokenFactory
from tokens.kinds import Kind


@pytest.fixture
def path(main):
    return reverse("tokens:shipping", args=[main.pk])


def test_the_last_enabled_token_cannot_be_stopped(visit, admin, path):
    page = visit(admin, path)

    expect(switch(page, "default")).to_have_attribute("aria-disabled", "true")
    expect(switch(page, "default")).to_have_accessible_description(
        "The last enabled one"
    )
    delete = row(page, "default").get_by_role("button", name="Delete default")
    expect(delete).to_have_attribute("aria-disabled", "true")
    switch(page, "default").press("Space")
    expect(switch(page, "default")).to_have_attribute("aria-checked", "true")


def test_a_second_token_frees_the_first_and_protects_itself(visit, admin, path):
    page = visit(admin, path)

    page.get_by_role("link", name="New log shipping token").click()
    expect(name_field(page)).to_be_focused()
    page.keyboard.type("Fluentd")
    page.keyboard.press("Enter")
    expect(page.locator("#usage")).to_contain_text("2 of 15 enabled")
    switch(page, "default").click()

    expect(switch(page, "Fluentd")).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#usage")).to_contain_text("1 of 15 enabled")
    expect(switch(page, "default")).to_have_attribute("aria-checked", "false")


def test_the_limit_is_said_and_new_tokens_wait_for_room(visit, admin, main, path):
    for number in range(13):
        TokenFactory(account=main, kind=Kind.LOGS, name=f"Shipper {number}")
    page = visit(admin, path)

    page.get_by_role("link", name="New log shipping token").click()
    expect(name_field(page)).to_be_focused()
    page.keyboard.type("The fifteenth")
    page.keyboard.press("Enter")

    expect(page.locator("#usage")).to_contain_text("15 of 15 enabled, the limit")
    new = page.get_by_role("button", name="New log shipping token")
    expect(new).to_have_attribute("aria-disabled", "true")


def test_the_listener_is_copied_from_above_the_table(visit, admin, path, settings):
    settings.LISTENER_URL = "https://listener.acme.example:8071"
    page = visit(admin, path)

    page.get_by_role("button", name="Copy the listener address").click()

    expect(page.locator("copy-text[data-copy=done]")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == settings.LISTENER_URL


def test_metrics_and_traces_are_listed_beside_logs(visit, admin, main, path):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS, name="Numbers")
    page = visit(admin, path)

    page.get_by_role("link", name="Metrics", exact=True).click()
    expect(page.get_by_role("rowheader", name="default")).to_be_visible()
    assert copied(page, "default").startswith("tgm_")
    act(page, "Rotate", "default")
    modal(page).get_by_role("button", name="Rotate").click()

    expect(page.get_by_role("button", name="Finish now")).to_be_visible()
    assert metrics.tokens.get().is_overlapping
    page.get_by_role("link", name="Traces", exact=True).click()
    expect(page.get_by_role("heading", name="No tracing accounts yet")).to_be_visible()


def test_a_token_is_found_by_its_name_and_by_its_secret(visit, admin, main, path):
    token = TokenFactory(account=main, kind=Kind.LOGS, name="Fluentd")
    page = visit(admin, path)
    box = page.get_by_role("searchbox", name="Filter by name, note or pasted token")

    box.fill("fluent")
    box.press("Enter")
    expect(row(page, "default")).to_have_count(0)
    expect(row(page, "Fluentd")).to_be_visible()

    box.fill(token.secret_text)
    box.press("Enter")
    expect(page.get_by_role("heading", name="Fluentd", level=1)).to_be_visible()
    assert token.secret_text not in page.url
    assert token.secret_text not in page.content()
