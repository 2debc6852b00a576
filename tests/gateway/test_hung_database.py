"""A database that says nothing, neither yes nor no: frozen, or behind a dead network.

What is known goes on at once, what is not known is told to come again, and nobody
waits for long.
"""

import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from statistics import median, mode

import pytest

from tests import postgresql
from tests.faults.load import running
from tests.gateway.wire import Wire
from tests.installation import Installation
from tests.relay import Relay
from tests.waiting import PATIENCE_SECONDS, wait_until
from tokens.kinds import Kind
from tokens.secrets import make

HUNG_SECONDS, ROUNDS = 6.0, 3
# The promises are 0.3 and 2 seconds; a busy machine may take longer now and then. And
# nobody waits for the database, which hangs until all have their answers.
SOON, PATIENT = 2.0, 4.5

pytestmark = [pytest.mark.postgresql, pytest.mark.programs]


@pytest.fixture
def server(migrated_server):
    return migrated_server


@pytest.fixture
def relay(server):
    with Relay(str(postgresql.socket_of(server))).running() as relay:
        yield relay


@pytest.fixture
def installation(tmp_path, relay):
    url = f"postgres://postgres@127.0.0.1:{relay.port}/postgres"
    installation = Installation(tmp_path, DATABASE_URL=url, THREADS="4")
    installation.make_keys()
    return installation


@pytest.fixture(params=["frozen", "dropped"])
def hanging(request, server, relay):
    @contextmanager
    def dropped():
        relay.hang()
        try:
            yield
        finally:
            relay.go_on()

    return (
        (lambda: postgresql.stopped(server)) if request.param == "frozen" else dropped
    )


def timed(ask, *arguments):
    """Return an answer, and how long it took."""
    began = time.monotonic()
    answer = ask(*arguments)
    return answer, time.monotonic() - began


def page(request):
    """Return the status of a page, and when to come again."""
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:
            return response.status, None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Retry-After"]


def during(wire, known, pages):
    """Ask everything by turns for some time; return the answers with their times."""
    answers = {name: [] for name in ("known", "new", *pages)}
    ends = time.monotonic() + HUNG_SECONDS
    while time.monotonic() < ends or len(answers["known"]) < ROUNDS:
        answers["known"].append(timed(wire.ask, "api", known))
        answers["new"].append(timed(wire.ask, "api", make(Kind.API).reveal()))
        for name, request in pages.items():
            answers[name].append(timed(page, request))
    return answers


def usual(answers):
    """Return how long an answer takes, most of the time."""
    return median(seconds for _, seconds in answers)


def told(answers):
    return {answer for answer, _ in answers}


def mostly(answers):
    return mode(answer for answer, _ in answers)


def test_nobody_waits_for_a_database_that_hangs(installation, hanging):
    _, gateway, known = installation.commands(
        ("create_organisation", "Acme", "--plan=pro"),
        ("create_token", "--kind=gateway", "proxy"),
        ("create_token", "--account", "{0}", "known"),
    )

    with running(installation), closing(Wire(installation.port, gateway)) as wire:
        browser, _ = installation.browser()
        write = installation.login_form(browser, "ada@acme.example", "wrong")
        write.add_header("Cookie", cookie_of(browser))
        pages = {"alive": f"{installation.address}/livez", "write": write}
        wait_until(lambda: wire.ask("api", known) == 204)
        wait_until(lambda: wire.ask("api", make(Kind.API).reveal()) == 401)
        with hanging():
            answers = during(wire, known, pages)
        wait_until(lambda: wire.ask("api", make(Kind.API).reveal()) == 401)
        wait_until(lambda: page(f"{installation.address}/readyz")[0] == 200)

    # Where a process was not run for a while, it tells now and then to come again.
    assert mostly(answers["known"]) == 204
    assert told(answers["known"]) <= {204, 503}
    assert told(answers["new"]) <= {401, 503}
    assert mostly(answers["alive"]) == (200, None)
    assert mostly(answers["write"]) == (503, "5")
    assert {status for status, _ in told(answers["write"])} == {503}
    assert max(usual(answers[name]) for name in ("known", "new", "alive")) < SOON
    assert usual(answers["write"]) < PATIENT
    print({name: round(usual(each), 3) for name, each in answers.items()})


def cookie_of(browser):
    (jar,) = (
        handler.cookiejar
        for handler in browser.handlers
        if hasattr(handler, "cookiejar")
    )
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
