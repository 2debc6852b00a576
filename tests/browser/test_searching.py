"""Lists that follow what is typed, and what is ticked or typed meanwhile."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.creates import CREATES
from tests.browser.people import sign_in, with_password
from tests.factories import ChildFactory, FilterFactory, MembershipFactory, TokenFactory


@pytest.fixture
def filled(main):
    for name in ("Terraform", "Nightly export"):
        TokenFactory(account=main, name=name)
    ChildFactory(main=main, name="Nightly lab")
    MembershipFactory(account=main)
    MembershipFactory(account=main, user__email="nightly@acme.example")


def search(page):
    return page.get_by_role("main").get_by_role("searchbox").first


@pytest.mark.parametrize(
    "name", ["tokens:api", "tokens:all", "accounts:account_list", "accounts:user_list"]
)
def test_a_list_follows_what_is_typed(visit, admin, main, filled, name):
    page = visit(admin, reverse(name, args=[main.pk]))
    rows = page.locator("tbody tr:not([hidden])")
    expect(rows).not_to_have_count(1)

    search(page).press_sequentially("nightly")

    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("q=nightly"))
    expect(search(page)).to_be_focused()
    expect(search(page)).to_have_value("nightly")


def test_what_is_typed_while_an_answer_is_on_its_way_stays(visit, admin, main, filled):
    page = visit(admin, reverse("tokens:api", args=[main.pk]))
    rows = page.get_by_role("rowheader")
    with page.expect_request("**/find/"):
        search(page).press_sequentially("t")

    search(page).press_sequentially("erra")

    expect(rows).to_have_text(["Terraform"])
    expect(search(page)).to_have_value("terra")
    page.get_by_role("link", name="Disabled").click()
    expect(page.get_by_text("No token matches")).to_be_visible()
    assert "q=terra" in page.url


def test_a_token_that_is_pasted_leads_to_its_page_and_a_part_of_one_nowhere(
    visit, site, admin, main, filled
):
    token = TokenFactory(account=main, name="Pasted")
    path = reverse("tokens:api", args=[main.pk])
    page = visit(admin, path)

    with page.expect_response("**/find/") as answer:
        search(page).fill(token.secret_text[:20])
    assert answer.value.status == 204
    expect(search(page)).to_have_value(token.secret_text[:20])
    search(page).fill(token.secret_text)

    expect(page.get_by_role("heading", level=1)).to_contain_text("Pasted")
    assert token.secret_text not in page.url + page.content()


def test_a_row_that_is_opened_while_an_answer_is_on_its_way_stays(visit, admin, main):
    TokenFactory(account=main, name="Terraform")
    page = visit(admin, reverse("tokens:api", args=[main.pk]))
    held = []
    page.route("**/find/", lambda route: held.append(route))
    with page.expect_request("**/find/"):
        search(page).fill("nothing")

    page.get_by_role("link", name="New API token").click()
    name = page.get_by_role("textbox", name="Name")
    name.fill("Nightly")
    held[0].continue_()

    expect(page.locator(".htmx-request")).to_have_count(0)
    expect(name).to_have_value("Nightly")


def test_where_nothing_is_found_a_token_can_be_made(visit, admin, main):
    TokenFactory(account=main, name="Terraform")
    page = visit(admin, reverse("tokens:api", args=[main.pk]))
    search(page).fill("nothing")
    expect(page.get_by_text("No token matches")).to_be_visible()

    page.get_by_role("link", name="New API token").click()

    expect(page.get_by_role("textbox", name="Name")).to_be_focused()


def test_a_filter_closes_by_escape_and_by_a_press_beside(visit, admin, main):
    page = visit(admin, reverse("tokens:all", args=[main.pk]))
    opener = page.locator("summary", has_text="Kind")
    choices = page.get_by_label("API token", exact=True)

    opener.click()
    expect(choices).to_be_visible()
    choices.press("Escape")
    expect(choices).to_be_hidden()
    expect(opener).to_be_focused()

    opener.click()
    page.get_by_role("heading", level=1).click()
    expect(choices).to_be_hidden()


def test_what_is_ticked_while_a_search_is_on_its_way_stays_ticked(visit, admin, main):
    for value in ("production", "staging"):
        FilterFactory(account=main, field="env", value=value)
    page = visit(admin, reverse("sharing:list", args=[main.pk]) + "?new=1")
    options = page.locator("#options-new").get_by_role("checkbox")
    expect(options).to_have_count(2)
    held = []
    page.route("**/preview/", lambda route: held.append(route))

    with page.expect_request("**/preview/"):
        page.get_by_label("Find a filter").fill("stag")
    page.locator("#options-new").get_by_label("env: production").check()
    with page.expect_response("**/preview/"):
        held[0].continue_()

    ticked = page.locator("#options-new").get_by_label("env: production")
    expect(page.locator("#options-new").get_by_label("env: staging")).to_be_visible()
    expect(ticked).to_be_checked()
    page.unroute_all()


def test_a_draft_leaves_alone_what_was_typed_since(visit, admin, main):
    create = CREATES["account"]
    person = with_password(admin)
    page = visit(person, create.path(main))
    create.open(page)
    create.fill(page)
    Session.objects.all().delete()
    create.send(page)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.wait_for_load_state("load")
    # What is loaded last holds up the moment at which the draft is put back.
    held = []
    page.route(re.compile("/zone"), lambda route: held.append(route))
    with page.expect_request(re.compile("/zone")):
        sign_in(page, person.email)
    name = page.get_by_label("Name", exact=True)
    name.fill("Newer")
    for route in held:
        route.continue_()

    expect(page.get_by_text("What you typed is back.")).to_be_visible()
    expect(name).to_have_value("Newer")
