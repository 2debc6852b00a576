"""What is said when no answer came, or none yet: the truth, with a way on."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.creates import CREATES
from tests.browser.tokens import act, modal, name_field, row
from tests.factories import TokenFactory
from tokens.models import Token


def posts(route):
    return route.request.method == "POST"


def lose_answers(page):
    """Let the server do what it is asked, and lose what it answers."""

    def lose(route):
        if not posts(route) or "preview" in route.request.url:
            return route.fallback()
        route.fetch(max_redirects=0)
        return route.abort()

    page.route("**", lose)


def hold_answers(page):
    """Keep what is sent until the test lets it go; return what is kept."""
    held = []
    page.route(
        "**", lambda route: held.append(route) if posts(route) else route.fallback()
    )
    return held


@pytest.mark.parametrize("kind", CREATES)
def test_a_second_try_finds_what_the_first_one_made(visit, admin, staff, main, kind):
    create = CREATES[kind]
    page = visit(staff if create.by_staff else admin, create.path(main))
    create.open(page)
    create.fill(page)
    lose_answers(page)
    create.send(page)

    name = next(iter(create.fills.values()))
    said = page.get_by_text(f"It is not known whether {name} was made")
    expect(said).to_be_visible()
    create.expect_filled(page)
    assert create.count() == 1

    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(said).to_have_count(0)
    create.expect_made(page)
    expect(page.get_by_role("button", name=create.submit, exact=True)).to_have_count(0)
    assert create.count() == 1


@pytest.fixture
def page(visit, admin, main):
    TokenFactory(account=main, name="Terraform")
    return visit(admin, reverse("tokens:api", args=[main.pk]))


def test_a_change_that_was_not_answered_is_looked_at(page):
    act(page, "Set expiry of", "Terraform")
    modal(page).get_by_label("Expires").select_option("30")
    lose_answers(page)
    modal(page).get_by_role("button", name="Set expiry").click()

    expect(modal(page)).to_contain_text("not known whether Terraform was changed")
    page.unroute_all()
    modal(page).get_by_role("button", name="Look").click()
    expect(row(page, "Terraform").get_by_text("in 30 days")).to_be_visible()


def test_what_was_only_asked_for_is_asked_for_again(page):
    page.route("**/rotate/", lambda route: route.abort())
    act(page, "Rotate", "Terraform")

    expect(page.locator("#notice")).to_contain_text("No answer came.")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(modal(page)).to_contain_text("Rotate Terraform")


def test_a_form_on_its_way_says_so_and_is_sent_once(page):
    page.get_by_role("link", name="New API token").click()
    name_field(page).fill("Nightly export")
    held = hold_answers(page)
    add = page.get_by_role("button", name="Add", exact=True)
    add.click()

    expect(add).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#new-row")).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("status").filter(has_text="Working…")).to_have_count(1)
    name_field(page).press("Enter")
    assert len(held) == 1
    held[0].continue_()

    expect(row(page, "Nightly export")).to_be_visible()
    expect(page.locator("[aria-busy], [data-busy]")).to_have_count(0)
    assert Token.objects.filter(name="Nightly export").count() == 1
