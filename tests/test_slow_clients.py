"""Clients that send next to nothing, and headers that are not ASCII."""

import http.client
import socket
import sqlite3
from contextlib import ExitStack, closing

import pytest

from tests.gateway.wire import Wire
from tests.installation import Installation

pytestmark = [pytest.mark.sqlite, pytest.mark.programs]
SLOW = 40
LOGIN = "ada@acme.example", "a long and dull password"
PERSON = f"""
from accounts.models import User

User.objects.create_user({LOGIN[0]!r}, {LOGIN[1]!r})
"""
BEGUN = (
    b"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    # Without this cookie nobody would read the form.
    b"Cookie: %s=abcdefghijklmnopqrstuvwxyz012345\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nl"
)


@pytest.fixture(scope="module")
def installation(tmp_path_factory, migrated):
    folder = tmp_path_factory.mktemp("slow")
    installation = Installation.like(migrated, folder, THREADS="2")
    made = installation.run("manage.py", "shell", "-v0", "-c", PERSON)
    assert made.returncode == 0, made.stderr
    with installation.running():
        yield installation


def get(installation, path, **headers):
    """Return the status; headers are sent as the bytes of their UTF-8."""
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=60)
    with closing(connection):
        raw = {name: value.encode() for name, value in headers.items()}
        connection.request("GET", path, headers=raw)
        return connection.getresponse().status


def test_slow_forms_are_in_nobodys_way(installation):
    browser, cookies = installation.browser()
    browser.open(f"{installation.address}/login/", timeout=60).close()
    begun = BEGUN % next(each.name for each in cookies if "csrf" in each.name).encode()
    with ExitStack() as stack:
        for _ in range(SLOW):
            place = "127.0.0.1", installation.port
            client = stack.enter_context(socket.create_connection(place))
            client.sendall(begun)

        assert get(installation, "/login/") == 200
        for port in (installation.port, installation.gateway_port):
            with closing(Wire(port, None)) as wire:
                assert wire.ask("logs", "tgl_unknown") == 503


def test_a_cookie_of_another_program_signs_nobody_out(installation):
    browser, cookies = installation.browser()
    with pytest.raises(OSError, match="302"):
        browser.open(installation.login_form(browser, *LOGIN), timeout=60)
    session = next(each for each in cookies if "session" in each.name)
    mine = f"{session.name}={session.value}"

    assert get(installation, "/", Cookie=f"{session.name}=unknown; other=ü") == 302
    assert get(installation, "/profile/", Cookie=f"other=ü; {mine}") == 200


def test_an_agent_is_written_down_as_it_calls_itself(installation):
    browser, _ = installation.browser()
    form = installation.login_form(browser, *LOGIN)
    form.add_header("User-Agent", "Jürgens Gerät".encode())
    with pytest.raises(OSError, match="302"):
        browser.open(form, timeout=60)

    with closing(sqlite3.connect(installation.database)) as database:
        agents = database.execute("SELECT agent FROM accounts_auditevent").fetchall()
    assert ("Jürgens Gerät",) in agents
