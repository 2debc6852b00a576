"""A real Chromium against a real server of the test's own database.

Whatever a test does, its pages must stay within the content security policy, load
nothing from another origin and throw nothing.
"""

import threading
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from tests.chromium import executable
from tests.waiting import wait_until

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
OPTIONS = {
    "runOnly": [
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice",
    ],
    "resultTypes": ["violations"],
    "preload": False,
    # To name every element that is right takes a third of the time.
    "selectors": False,
}
# What depends on colours and on where things are, and is not the same on any screen.
OF_A_SCREEN = (
    "color-contrast",
    "link-in-text-block",
    "region",
    "scrollable-region-focusable",
    "skip-link",
    "target-size",
)
LAN_HOST = "portal.lan"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    # A page lives for a moment: what is compiled thoroughly is not run often enough.
    "--js-flags=--no-opt --no-maglev",
    # A name that is no secure context, as a plain http address of a LAN is none.
    f"--host-resolver-rules=MAP {LAN_HOST} 127.0.0.1",
]
EXPECTED = (
    # What a test does to a page on purpose is told by the page itself.
    "Failed to load resource: the server responded with a status of",
    # Answers that a test loses.
    "Failed to load resource: net::ERR_FAILED",
    "htmx:sendAbort",
    "htmx:sendError",
    "htmx:afterRequest",
    "Response Status Error Code",
    # Plain http on a LAN is nothing a browser isolates.
    "The Cross-Origin-Opener-Policy header has been ignored",
)

# A busy machine looks late at what shows for two seconds only.
COPIED_STAYS = """
    const wait = window.setTimeout;
    window.setTimeout = (act, delay, ...values) =>
        wait(act, delay === 2000 ? 600_000 : delay, ...values);
"""

# Patience costs nothing while all is well; a busy machine needs it.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def chromium(playwright):
    browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def site(live_server, settings):
    """The address of the server; the LAN's name for it is `site.lan`."""
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", LAN_HOST]
    yield Site(live_server.url)
    # What a page still asked for when it was closed must not reach into the next test:
    # the server answers on the tests' own connection to the database.
    wait_until(lambda: not is_answering())


def is_answering():
    """Whether the server has a connection left, each of which is a thread there."""
    names = (each.name for each in threading.enumerate())
    return any("process_request_thread" in name for name in names)


class Site(str):
    __slots__ = ()

    @property
    def lan(self):
        port = self.rpartition(":")[2]
        return f"http://{LAN_HOST}:{port}"


@pytest.fixture
def opens(site):
    """Ask the server itself whether it takes a secret of an API token."""

    def ask(secret):
        request = Request(f"{site}/v2/whoami", headers={"X-API-TOKEN": secret})
        try:
            with urlopen(request) as answer:
                return answer.status == 200
        except HTTPError as refusal:
            refusal.close()
            if refusal.status != 403:
                raise
            return False

    return ask


@pytest.fixture
def visit(chromium, site):
    """Open a page as a person: `visit(user, path, **context)`; None is a stranger."""
    visitors = []

    def open_page(user, path, *, base=None, **options):
        visitor = Visitor(chromium, base or site, user, options)
        visitors.append(visitor)
        visitor.page.goto((base or site) + path)
        return visitor.page

    yield open_page
    for visitor in visitors:
        visitor.close()
    for visitor in visitors:
        assert visitor.complaints == []


class Visitor:
    """A browser profile of a person, and what its pages complained about."""

    def __init__(self, chromium, base, user, options):
        options = {"viewport": {"width": 1280, "height": 900}} | options
        self.base = base
        self.complaints = []
        self.context = chromium.new_context(**options)
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(f"{{{COPIED_STAYS}}}")
        if base.startswith(("http://127.", "http://localhost")):
            self.context.grant_permissions(
                ["clipboard-read", "clipboard-write"], origin=base
            )
        if user is not None:
            self.context.add_cookies([session_cookie(user, base)])
        self.page = self.context.new_page()
        self.page.on("console", self.on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self.on_request)

    def on_console(self, message):
        # What a test runs inside a page, axe-core above all, has no address.
        is_ours = message.type in ("error", "warning") and message.location["url"]
        if is_ours and not message.text.startswith(EXPECTED):
            self.complaints.append(message.text)

    def on_request(self, request):
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.complaints.append(f"asked another origin: {request.url}")

    def close(self):
        self.context.close()


def session_cookie(user, base):
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": base}


@pytest.fixture
def accessibility():
    """Return what axe-core finds on a page: [(rule, [selectors])].

    It looks at everything, or only at what depends on the screen.
    """

    def found(page, options):
        command = "async options => (await axe.run(document, options)).violations"
        return page.evaluate(command, options)

    def check(page, *, everything=True):
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE)
        options = OPTIONS if everything else OPTIONS | {"runOnly": [*OF_A_SCREEN]}
        if not found(page, options):
            return []
        return [
            (each["id"], [node["target"] for node in each["nodes"]])
            for each in found(page, options | {"selectors": True})
        ]

    return check
