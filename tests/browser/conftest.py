"""A real Chromium against a real server of the test's own database.

Whatever a test does, its pages must stay within the content security policy, load
nothing from another origin and throw nothing.
"""

import socket
import threading
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
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
KEPT_BY_PAGES = "cache_storage,file_systems,indexeddb,local_storage,service_workers"
LAN_HOST = "portal.lan"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    # One process for all pages, which keeps what it has compiled: every one that starts
    # takes as long as a page.
    "--disable-site-isolation-trials",
    "--renderer-process-limit=1",
    # Threads of the browser do as well as processes for what is drawn and asked for.
    "--in-process-gpu",
    "--enable-features=NetworkServiceInProcess2",
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


@pytest.fixture(scope="session")
def server(live_server):
    """The server of all tests: browsers keep its files, as they do with hashed names."""
    with pytest.MonkeyPatch.context() as patch:
        serve = StaticFilesHandler.serve

        def serve_to_be_kept(handler, request):
            response = serve(handler, request)
            response["Cache-Control"] = "max-age=86400"
            return response

        patch.setattr(StaticFilesHandler, "serve", serve_to_be_kept)
        yield Server(live_server)


@pytest.fixture
def site(server, settings):
    """The address of the server; the LAN's name for it is `site.lan`."""
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", LAN_HOST]
    yield Site(server.url)
    # What a page still asked for when it was closed must not reach into the next test:
    # the server answers on the tests' own connection to the database.
    wait_until(server.has_hung_up)


class Server:
    """A live server that knows its connections, each of which is a thread there."""

    def __init__(self, live_server):
        self.url = live_server.url
        self.connections = set()
        self._finish = live_server.thread.httpd.finish_request
        live_server.thread.httpd.finish_request = self._serve

    def _serve(self, connection, address):
        self.connections.add(connection)
        try:
            self._finish(connection, address)
        finally:
            self.connections.discard(connection)

    def has_hung_up(self):
        """Answer what was asked and take no more; return whether nothing is left."""
        for each in self.connections.copy():
            with suppress(OSError):
                each.shutdown(socket.SHUT_RD)
        names = (each.name for each in threading.enumerate())
        return not any("process_request_thread" in name for name in names)


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


@pytest.fixture(scope="session")
def profiles(chromium):
    return Profiles(chromium)


class Profiles:
    """Profiles of a browser that one visitor after another gets, each as good as new.

    They keep the files of the server, which are the same for everybody: to make a new
    one, and to load everything anew, takes longer than most of what is tested.
    """

    def __init__(self, browser):
        self.browser = browser
        self.free = defaultdict(list)

    def take(self, base, options):
        free = self.free[base, repr(sorted(options.items()))]
        return free.pop() if free else Profile(self.new(base, options), base, free)

    def new(self, base, options):
        context = self.browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(f"{{{COPIED_STAYS}}}")
        if base.startswith(("http://127.", "http://localhost")):
            context.grant_permissions(
                ["clipboard-read", "clipboard-write"], origin=base
            )
        return context


class Profile:
    """One that is given back to a list of those that are free."""

    def __init__(self, context, base, free):
        self.context = context
        self.origin = {"origin": base, "storageTypes": KEPT_BY_PAGES}
        self.free = free
        # The process of the pages ends with the last of them; this one stays.
        self.blank = context.new_page()
        self.session = context.new_cdp_session(self.blank)

    def close(self):
        """Close the pages and forget what they kept, but for files that are public."""
        for page in self.context.pages:
            if page is not self.blank:
                page.close()
        self.session.send("Storage.clearDataForOrigin", self.origin)
        self.context.clear_cookies()
        self.free.append(self)


@pytest.fixture
def visit(profiles, site):
    """Open a page as a person: `visit(user, path, **context)`; None is a stranger.

    Who holds the clock of a page holds that of a whole profile: with `alone`, nobody
    gets it afterwards.
    """
    visitors = []

    def open_page(user, path, *, base=None, alone=False, **options):
        visitor = Visitor(profiles, base or site, user, options, alone=alone)
        visitors.append(visitor)
        visitor.page.goto((base or site) + path)
        return visitor.page

    yield open_page
    for visitor in visitors:
        visitor.close()
    for visitor in visitors:
        assert visitor.complaints == []


class Visitor:
    """Somebody with a browser profile, and what its pages complained about."""

    def __init__(self, profiles, base, user, options, *, alone=False):
        options = {"viewport": {"width": 1280, "height": 900}} | options
        self.base = base
        self.complaints = []
        if alone:
            self.context = self.profile = profiles.new(base, options)
        else:
            self.profile = profiles.take(base, options)
            self.context = self.profile.context
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
        self.profile.close()


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
