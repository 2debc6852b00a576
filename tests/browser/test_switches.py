"""The switch of a row: what it stops, and the way back."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.tokens import act, modal, name_field, row, switch
from tests.factories import ShareFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token, TokenUsage

HOUR = timedelta(hours=1)


def use(token, calls=14_271):
    """Let a token be used as it is by those who are asked about."""
    now = timezone.now()
    Token.objects.filter(pk=token.pk).update(last_used_at=now)
    TokenUsage.objects.create(
        token_id=token.pk,
        hour=now.replace(minute=0, second=0, microsecond=0) - HOUR,
        address="192.0.2.7",
        agent="Prometheus/2.42.0",
        calls=calls,
    )


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


@pytest.fixture
def path(main):
    return reverse("tokens:api", args=[main.pk])


def is_on(page, name, on="true"):
    expect(switch(page, name)).to_have_attribute("aria-checked", on)


def undo(page):
    page.locator("#notice").get_by_role("button", name="Undo").click()


def test_a_token_in_use_is_stopped_by_who_has_read_its_callers(
    visit, admin, path, token, opens
):
    use(token)
    page = visit(admin, path)
    switch(page, "Terraform").click()

    expect(modal(page)).to_contain_text("14,271 by 1 caller from 1 address")
    page.keyboard.press("Escape")
    expect(switch(page, "Terraform")).to_be_focused()
    assert opens(token.secret_text)

    page.keyboard.press("Space")
    modal(page).get_by_role("button", name="Disable Terraform").click()
    is_on(page, "Terraform", "false")
    assert not opens(token.secret_text)
    undo(page)
    is_on(page, "Terraform")
    assert opens(token.secret_text)


def test_a_token_that_came_into_use_meanwhile_is_asked_about(
    visit, admin, path, token, opens
):
    page = visit(admin, path)
    use(token)
    switch(page, "Terraform").click()

    expect(modal(page)).to_contain_text("Prometheus/2.42.0")
    assert opens(token.secret_text)
    modal(page).get_by_role("button", name="Disable Terraform").click()
    is_on(page, "Terraform", "false")


def test_without_javascript_a_token_in_use_is_asked_about_on_a_page(
    visit, admin, path, token, opens
):
    use(token)
    page = visit(admin, path, java_script_enabled=False)
    switch(page, "Terraform").click()

    expect(page.get_by_role("heading", name="Disable Terraform?")).to_be_visible()
    assert opens(token.secret_text)


def test_every_change_of_a_row_is_told_and_taken_back(visit, admin, path, token):
    page = visit(admin, path)
    notice = page.locator("#notice")
    top = row(page, "Terraform").bounding_box()["y"]

    switch(page, "Terraform").click()
    expect(notice).to_contain_text("Terraform is disabled.")
    assert row(page, "Terraform").bounding_box()["y"] == top
    undo(page)
    expect(notice).to_contain_text("Terraform is enabled.")
    act(page, "Rename", "Terraform")
    name_field(page).fill("Pulumi")
    name_field(page).press("Enter")
    expect(notice).to_contain_text("Terraform is now named Pulumi.")
    undo(page)
    expect(notice).to_contain_text("Pulumi is now named Terraform.")
    notice.get_by_role("button", name="Dismiss").click()

    expect(page.locator(".notice")).to_have_count(0)
    expect(row(page, "Terraform")).to_be_visible()


def test_a_link_in_use_is_paused_by_who_has_read_who_uses_it(visit, admin, main, env):
    share = ShareFactory(account=main, name="Board", filters=[env])
    use(share.token)
    page = visit(admin, reverse("sharing:list", args=[main.pk]))
    switch(page, "Board").click()

    modal(page).get_by_role("button", name="Pause Board").click()
    expect(row(page, "Board")).to_contain_text("Paused")


def test_a_gateway_in_use_is_stopped_by_who_was_asked(visit, staff):
    token = TokenFactory(account=None, kind=Kind.GATEWAY, name="nginx")
    Token.objects.filter(pk=token.pk).update(last_used_at=timezone.now())
    page = visit(staff, reverse("tokens:gateway"))
    switch(page, "nginx").click()

    modal(page).get_by_role("button", name="Disable nginx").click()
    is_on(page, "nginx", "false")
    undo(page)
    is_on(page, "nginx")
