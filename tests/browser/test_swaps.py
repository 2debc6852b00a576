"""What an answer changes is in place when it is seen: nothing follows while one types."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.tokens import act, modal
from tests.factories import BY, ShareFactory, TokenFactory
from tests.gateway.uses import refuse

# The next task after that of the swap is the first in which a person can do anything.
IN_THE_NEXT_TASK = """() => {
    window.seen = new Promise((resolve) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => resolve(ACT);
        new MutationObserver((_, self) => {
            self.disconnect();
            channel.port2.postMessage("");
        }).observe(document.querySelector("main > div"), { childList: true, subtree: true });
    });
}"""
FOCUSED = "document.activeElement.name || document.activeElement.ariaLabel"
# A dialog is told that it was closed when the browser draws.
CLOSED = """async () => {
    document.querySelector("dialog[open] a[data-close]").click();
    const given = document.activeElement.ariaLabel;
    document.querySelector("[data-shortcut='/']").focus();
    for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
    return [given, document.activeElement.ariaLabel];
}"""

TOLD = """() => document.dispatchEvent(new CustomEvent("tollgate:say", {
    detail: { level: "info", text: "What you typed is back." },
}))"""


@pytest.fixture
def tokens(main):
    return [TokenFactory(account=main, name=name) for name in ("Older", "Newer")]


@pytest.fixture
def page(visit, admin, main, tokens):
    return visit(admin, reverse("tokens:api", args=[main.pk]))


@pytest.fixture
def sharing(visit, admin, main):
    ShareFactory(account=main, filters=[])
    return visit(admin, reverse("sharing:list", args=[main.pk]))


def in_the_next_task(page, act):
    """Do something as soon as an answer is swapped in; return a way to what came of it."""
    page.evaluate(IN_THE_NEXT_TASK.replace("ACT", act))
    return lambda: page.evaluate("seen")


def hold(page, pattern):
    """Keep what is asked for until the test lets it go; return what is kept."""
    held = []
    page.route(pattern, lambda route: held.append(route))
    return held


def test_a_form_that_appears_has_the_focus_already(sharing):
    seen = in_the_next_task(sharing, FOCUSED)
    sharing.get_by_role("link", name="New view").click()

    expect(sharing.get_by_label("Title")).to_be_visible()
    assert seen() == "title"


def test_a_form_that_comes_back_can_be_sent_already(sharing):
    sharing.get_by_role("link", name="New view").click()
    sharing.get_by_label("Title").fill("Errors")
    sharing.get_by_label("Address").fill("javascript:alert(1)")
    sent = []
    sharing.on("request", lambda request: sent.append("hx-request" in request.headers))
    in_the_next_task(
        sharing, "document.querySelector('#new-view form').requestSubmit()"
    )
    with sharing.expect_response(lambda response: len(sent) == 2):
        sharing.get_by_role("button", name="Add").click()

    assert sent == [True, True]


def test_the_row_after_one_that_goes_has_the_focus_already(page, site, main, tokens):
    for token in tokens:
        token.delete_softly(by=BY)
        refuse(token, address="192.0.2.7")
    page.goto(site + reverse("gateway:refused_calls", args=[main.pk]))
    seen = in_the_next_task(page, "document.activeElement.closest('[data-row]')?.id")
    page.get_by_role("button", name="Put aside").first.press("Enter")

    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("article").get_by_role("link")).to_be_focused()
    assert seen()


def test_a_dialog_gives_the_focus_back_at_once(page):
    act(page, "Delete", "Older")
    expect(modal(page).get_by_role("link", name="Cancel")).to_be_focused()

    given, kept = page.evaluate(CLOSED)

    assert given == "Delete Older"
    assert kept == "Filter by name, note or pasted token"


def test_the_switcher_takes_what_is_typed_at_once(page):
    focused = page.evaluate("""() => {
        document.querySelector("[data-opens='switcher']").click();
        return document.activeElement.ariaLabel;
    }""")

    assert focused == "Find an account"


def test_a_late_answer_leaves_the_focus_to_who_types_elsewhere(sharing):
    held = hold(sharing, "**/*new=1")
    sharing.get_by_role("link", name="New shared token").click()
    sharing.get_by_role("link", name="New filter").click()
    field = sharing.get_by_label("Log field")
    expect(field).to_be_focused()

    held[0].continue_()

    expect(sharing.get_by_role("form", name="New shared token")).to_be_visible()
    expect(field).to_be_focused()


def test_a_preview_leaves_what_was_told(sharing):
    sharing.get_by_role("link", name="New shared token").click()
    form = sharing.get_by_role("form", name="New shared token")
    expect(form).to_be_visible()
    sharing.evaluate(TOLD)

    with sharing.expect_response(lambda response: response.request.method == "POST"):
        form.get_by_label("Expires").select_option("30")

    expect(sharing.locator(".htmx-request")).to_have_count(0)
    expect(sharing.get_by_text("What you typed is back")).to_be_visible()


def test_what_was_asked_by_a_dialog_that_is_gone_ends_too(page):
    act(page, "Set expiry of", "Older")
    held = hold(page, "**/expiry/")
    modal(page).get_by_role("button", name="Set expiry").click()
    expect(page.locator("body[data-busy]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(modal(page)).to_have_count(0)

    held[0].continue_()

    expect(page.locator("#notice")).to_contain_text("The expiry of Older is changed.")
    expect(page.locator("body[data-busy]")).to_have_count(0)
