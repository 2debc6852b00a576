"""A link as its visitor meets it, and as the admin who sends it does."""

import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from sharing import links
from sharing.models import Share
from tests.browser.examination import examine
from tests.browser.tokens import modal
from tests.factories import BY, SharedViewFactory, ShareFactory
from tokens.models import Token
from tokens.secrets import Secret

HALF_A_MINUTE = 30_000
CLOSED = "This link is closed"
NOTHING = "This link opens nothing"


@pytest.fixture
def board(main, env):
    SharedViewFactory(account=main, title="Overview", address="https://grafana.test/d")
    return ShareFactory(account=main, name="Board", filters=[env])


@pytest.fixture
def link(board, site, settings):
    """The path of the link, with its secret."""
    settings.APP_URL = str(site)
    return links.link(Secret(board.secret_text)).removeprefix(site)


@pytest.fixture
def listed(main):
    return reverse("sharing:list", args=[main.pk])


def cookie(page):
    return next(
        (each for each in page.context.cookies() if each["name"] == "tollgate_share"),
        None,
    )


def heading(page, text):
    return page.get_by_role("heading", name=text, exact=True)


def sent(page):
    """Collect what a page tells any server: (address, headers, body)."""
    seen = []
    page.on(
        "request",
        lambda each: seen.append((each.url, json.dumps(each.all_headers()), each)),
    )
    return seen


def test_a_secret_is_told_once_and_leaves_the_address_bar(visit, site, board, link):
    page = visit(None, "/login/")
    told = sent(page)

    page.goto(site + link)

    expect(heading(page, "Logs of Acme")).to_be_visible()
    assert page.url == site + link.partition("#")[0]
    assert (cookie(page)["httpOnly"], cookie(page)["sameSite"]) == (True, "Lax")
    bodies = [each.post_data or "" for _, _, each in told]
    assert [url for url, headers, _ in told if board.secret_text in url + headers] == []
    assert [board.secret_text in body for body in bodies].count(True) == 1


def test_an_open_page_is_there_again_when_it_is_reloaded(
    visit, board, link, accessibility
):
    page = visit(None, link)
    expect(page.get_by_text("Only lines where env is test")).to_be_visible()

    response = page.reload()

    dashboard = page.get_by_role("link", name="Overview")
    assert dashboard.get_attribute("rel") == "noopener noreferrer"
    secrets = [board.secret_text]
    wrong = examine(page, response, secrets=secrets, accessibility=accessibility)
    assert wrong == []
    assert Share.objects.get().visits == 1


def test_a_wrong_link_says_nothing_and_a_right_one_can_be_pasted(
    visit, site, board, link
):
    page = visit(None, link[:-1])

    expect(heading(page, NOTHING)).to_be_visible()
    expect(page.get_by_text("It may have ended, been paused")).to_be_visible()
    assert cookie(page) is None
    assert "#" not in page.url

    page.get_by_label("The link that you were sent").fill(site + link)
    page.keyboard.press("Enter")
    expect(heading(page, "Logs of Acme")).to_be_visible()


def test_a_right_link_follows_a_wrong_one_in_the_address_bar(visit, site, board, link):
    page = visit(None, link[:-1])
    expect(heading(page, NOTHING)).to_be_visible()

    page.goto(site + link)

    expect(heading(page, "Logs of Acme")).to_be_visible()
    page.evaluate("location.hash = 'again'")
    expect(page).to_have_url(site + link.partition("#")[0])


def test_without_scripts_the_link_is_pasted(visit, site, board, link):
    page = visit(None, link, java_script_enabled=False)
    field = page.get_by_label("The link that you were sent")

    field.fill("wrong")
    page.get_by_role("button", name="Open").click()
    expect(heading(page, NOTHING)).to_be_visible()

    field.fill(site + link)
    page.get_by_role("button", name="Open").click()
    expect(heading(page, "Logs of Acme")).to_be_visible()
    page.get_by_role("button", name="Stay for another 15 minutes").click()
    expect(heading(page, "Logs of Acme")).to_be_visible()


@pytest.fixture
def open_page(visit, site, link):
    """The page of the link, opened, in a browser whose time stands at our command."""
    page = visit(None, "/login/", alone=True)
    page.clock.install()
    page.goto(site + link)
    expect(heading(page, "Logs of Acme")).to_be_visible()
    return page


def test_an_open_page_follows_what_becomes_of_its_link(open_page, board, env):
    env.edit(by=BY, value="prod")
    open_page.clock.fast_forward(HALF_A_MINUTE)
    expect(open_page.get_by_text("Only lines where env is prod")).to_be_visible()

    Token.objects.get(pk=board.pk).disable(by=BY)
    open_page.clock.fast_forward(HALF_A_MINUTE)
    expect(heading(open_page, CLOSED)).to_be_visible()
    expect(heading(open_page, "Logs of Acme")).to_be_hidden()

    open_page.reload()
    expect(heading(open_page, "Open what was shared with you")).to_be_visible()


def test_an_open_page_counts_down_and_ends(visit, site, board, link):
    token = Token.objects.filter(pk=board.pk)
    token.update(expires_at=timezone.now() + timedelta(hours=9))
    page = visit(None, "/login/", alone=True)
    page.clock.install()
    page.goto(site + link)
    expect(page.get_by_role("timer")).to_have_text(re.compile("^8 h 5\\d min$"))

    token.update(expires_at=timezone.now())
    page.evaluate("document.querySelector('share-visit').setClock(5)")
    page.clock.fast_forward(6_000)

    expect(heading(page, CLOSED)).to_be_visible()
    expect(page.get_by_role("timer", include_hidden=True)).to_have_text("0 s")


def test_another_link_in_the_same_browser_ends_the_first(open_page, site, main):
    other = ShareFactory(account=main, filters=[])
    path = links.link(Secret(other.secret_text))

    second = open_page.context.new_page()
    second.goto(path)
    expect(second.get_by_text("nothing is held back")).to_be_visible()

    open_page.clock.fast_forward(HALF_A_MINUTE)
    expect(open_page.get_by_text("Another link was opened")).to_be_visible()


def words(page):
    """Return what a page says, but for the time that passes."""
    text = page.get_by_role("main").inner_text()
    return re.sub(r"\d+ days \d+ h", "", text)


def test_see_as_visitor_shows_the_page_of_the_guest(
    visit, admin, board, link, listed, site
):
    visitor = visit(None, link)
    expect(heading(visitor, "Logs of Acme")).to_be_visible()
    page = visit(admin, listed)

    page.get_by_role("link", name="See as visitor: Board").click()

    expect(page.get_by_role("complementary", name="Preview")).to_contain_text("Board")
    assert words(page) == words(visitor)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("copy-secret[data-copy=done]")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == site + link
    assert Share.objects.get().visits == 1


def test_a_link_is_copied_and_shown_as_a_code(
    visit, admin, board, link, listed, site, accessibility
):
    page = visit(admin, listed)

    page.get_by_role("button", name="Copy link of Board").click()
    expect(page.locator("copy-secret[data-copy=done]")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == site + link

    opener = page.get_by_role("button", name="QR code of the link of Board")
    opener.click()
    code = modal(page).get_by_role("img", name="QR code of the link")
    expect(code).to_be_visible()
    assert code.get_attribute("src") == links.picture(Secret(board.secret_text))
    expect(modal(page)).to_contain_text("Logs of Acme where env is test, until")
    assert accessibility(page) == []
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    assert "data:image" not in page.content()


@pytest.fixture
def section(visit, admin, board, listed):
    """The list of shared views, with one in it."""
    return visit(admin, listed).get_by_role("region", name="Shared views")


def test_views_are_added_and_moved(section):
    titles = section.get_by_role("rowheader")

    section.get_by_role("link", name="New view").click()
    section.get_by_label("Title").fill("Errors")
    section.get_by_label("Address").fill("javascript:alert(1)")
    section.get_by_role("button", name="Add").click()
    expect(section).to_contain_text("Give a whole address")
    expect(section.get_by_label("Address")).to_be_focused()
    section.get_by_label("Address").fill("https://perses.test/errors")
    section.get_by_role("button", name="Add").click()
    expect(titles).to_have_text(["Overview", "Errors"])

    section.get_by_role("button", name="Move Errors up").click()
    expect(titles).to_have_text(["Errors", "Overview"])
    expect(section.get_by_role("button", name="Move Errors up")).to_be_focused()


def test_views_are_changed_and_deleted(section):
    titles = section.get_by_role("rowheader")

    section.get_by_role("link", name="Edit view Overview").click()
    dialog = modal(section.page)
    dialog.get_by_label("Title").fill("All errors")
    dialog.get_by_role("button", name="Save").click()
    expect(titles).to_have_text(["All errors"])

    section.get_by_role("link", name="Delete view All errors").click()
    dialog.get_by_role("button", name="Delete view").click()
    expect(section).to_contain_text("No views yet")
