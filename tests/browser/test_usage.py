"""Who uses a token, as a person sees it: in its row, and while a secret is replaced."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.tokens import act, modal, row
from tests.factories import TokenFactory
from tokens.models import Token, TokenUsage


@pytest.fixture
def path(main):
    return reverse("tokens:api", args=[main.pk])


@pytest.fixture
def terraform(main):
    return TokenFactory(account=main, name="Terraform")


def use(token, agent, calls, secret):
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    TokenUsage.objects.add_calls({(token.pk, secret, "192.0.2.7", agent): calls}, hour)
    Token.objects.note_uses({token.pk: (now, "192.0.2.7", agent)})


def current(token):
    return token.secrets.current().get().pk


def test_row_draws_the_calls_and_leads_to_the_callers(visit, admin, path, terraform):
    TokenFactory(account=terraform.account, name="Idle")
    use(terraform, "terraform/1.9", 1204, current(terraform))
    page = visit(admin, path)

    drawing = row(page, "Terraform").get_by_role("img", name="1,204 calls in 14 days")
    expect(drawing).to_be_visible()
    expect(row(page, "Idle").get_by_role("img")).to_have_count(0)
    today = drawing.locator("[data-day=today]").bounding_box()
    whole = drawing.bounding_box()
    assert whole["width"] <= 60
    assert today["x"] + today["width"] == pytest.approx(
        whole["x"] + whole["width"], abs=1
    )

    link = row(page, "Terraform").get_by_role("link", name="Usage of Terraform")
    link.press("Enter")
    usage = page.get_by_role("region", name="Usage")
    expect(usage).to_contain_text("1,204 calls in 14 days")
    expect(usage.get_by_role("row", name="192.0.2.7")).to_contain_text("1,204")
    assert page.url.endswith("#usage")


def test_callers_are_watched_while_they_move_and_brought_back(
    visit, admin, path, terraform, opens
):
    old = current(terraform)
    use(terraform, "stays/1", 5, old)
    page = visit(admin, path)
    act(page, "Rotate", "Terraform")
    modal(page).get_by_role("button", name="Rotate").click()
    expect(row(page, "Terraform")).to_contain_text("Old secret stops in")

    use(terraform, "stays/1", 1, old)
    use(terraform, "moves/1", 1, current(terraform))
    row(page, "Terraform").get_by_role("link", name="Callers of Terraform").click()
    moved = page.get_by_role("region", name="1 of 2 callers moved to the new secret")
    places = moved.get_by_role("listitem")
    expect(places.filter(has_text="stays/1").first).to_contain_text("Still on the old")
    expect(places.filter(has_text="moves/1").first).to_contain_text("Moved")

    moved.get_by_role("button", name="Roll back").click()
    expect(page.locator("#notice")).to_contain_text("Terraform has its old secret back")
    expect(moved).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text(terraform.secret_text[-4:])
    assert opens(terraform.secret_text)
