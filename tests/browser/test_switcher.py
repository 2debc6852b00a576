import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.factories import ChildFactory, TokenFactory


@pytest.fixture
def path(main, sub):
    ChildFactory(main=main, name="Production")
    return reverse("tokens:api", args=[main.pk])


def test_the_switcher_keeps_the_page_and_changes_the_account(
    visit, site, admin, path, sub
):
    page = visit(admin, path)

    page.get_by_role("banner").get_by_role("link", name="Acme").click()
    search = page.get_by_role("searchbox", name="Find an account")
    expect(search).to_be_focused()
    results = page.locator("#switcher-results")
    expect(results.get_by_role("link")).to_have_count(3)
    search.press_sequentially("stag")
    expect(results.get_by_role("link")).to_have_count(1)
    search.press("Enter")

    expect(page).to_have_url(site + reverse("tokens:api", args=[sub.pk]))


def test_arrows_choose_and_escape_closes(visit, admin, path):
    page = visit(admin, path)
    opener = page.get_by_role("banner").get_by_role("link", name="Acme")

    opener.click()
    links = page.locator("#switcher-results").get_by_role("link")
    expect(links).to_have_count(3)
    page.keyboard.press("ArrowDown")
    expect(links.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator("#switcher")).to_be_hidden()
    expect(opener).to_be_focused()
    expect(opener).to_have_attribute("aria-expanded", "false")


def test_a_second_press_closes_it(visit, admin, path):
    page = visit(admin, path)
    opener = page.get_by_role("banner").get_by_role("link", name="Acme")
    results = page.locator("#switcher-results")

    opener.click()
    expect(results).to_be_visible()
    opener.click()
    expect(results).to_be_hidden()
    opener.click()
    expect(results).to_be_visible()


def test_control_k_jumps_to_a_token_by_its_name(visit, admin, main, path):
    token = TokenFactory(account=main, name="Nightly export")
    page = visit(admin, reverse("accounts:general", args=[main.pk]))

    page.keyboard.press("Control+k")
    search = page.get_by_role("searchbox", name="Page, account or token")
    expect(search).to_be_focused()
    search.press_sequentially("nightly")
    results = page.locator("#jump-results").get_by_role("link")
    expect(results).to_have_count(1)
    search.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text(token.name)
    expect(page.get_by_role("dialog").filter(visible=True)).to_have_count(0)


def test_control_k_finds_pages_and_accounts_too(visit, admin, main, path, sub):
    page = visit(admin, path)

    page.keyboard.press("Control+k")
    search = page.get_by_role("searchbox", name="Page, account or token")
    expect(search).to_be_focused()
    results = page.locator("#jump-results").get_by_role("link")
    search.press_sequentially("audit")
    expect(results.first).to_contain_text("Audit trail")
    search.fill("stagin")
    expect(results).to_have_count(1)
    expect(results).to_contain_text("Staging")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("banner")).to_contain_text("Staging")
    assert f"/accounts/{sub.pk}/" in page.url


def test_enter_goes_by_what_is_typed_and_not_by_what_is_still_shown(
    visit, site, admin, main, path
):
    page = visit(admin, path)
    held = []
    page.route(lambda url: "q=audit" in url, lambda route: held.append(route))
    page.keyboard.press("Control+k")
    search = page.get_by_role("searchbox", name="Page, account or token")
    expect(page.locator("#jump-results").get_by_role("link").first).to_be_visible()

    with page.expect_request(lambda request: "q=audit" in request.url):
        search.fill("audit")
    search.press("Enter")
    held[0].continue_()

    expect(page).to_have_url(site + reverse("accounts:audit_list", args=[main.pk]))


def test_the_sidebar_keeps_its_place_in_a_child(visit, site, admin, main, sub):
    path = reverse("accounts:user_list", args=[main.pk])
    page = visit(admin, path, viewport={"width": 1280, "height": 200})
    sidebar = page.get_by_role("navigation", name="Settings")
    expect(sidebar.get_by_role("link", name="Manage users")).to_be_in_viewport()
    sidebar.evaluate("element => { element.scrollTop = element.scrollHeight; }")
    before = sidebar.evaluate("element => element.scrollTop")

    page.get_by_role("banner").get_by_role("link", name="Acme").click()
    page.locator("#switcher-results").get_by_role("link", name="Staging").click()

    expect(page).to_have_url(site + reverse("accounts:user_list", args=[sub.pk]))
    chosen = sidebar.get_by_role("link", name="Manage users")
    expect(chosen).to_have_attribute("aria-current", "page")
    expect(chosen).to_be_in_viewport()
    # A child has fewer pages, so that it may end sooner.
    after = sidebar.evaluate("""element => [
        element.scrollTop, element.scrollHeight - element.clientHeight
    ]""")
    assert before > 0
    assert after[0] == min(before, after[1])
