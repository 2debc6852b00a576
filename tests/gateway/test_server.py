"""The gate in the server that people run: its port, its socket, its end."""

import os
import signal
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from config import dotenv
from tests.gateway.wire import Wire
from tests.installation import PROJECT, Installation

pytestmark = pytest.mark.sqlite


@pytest.fixture
def installation(tmp_path):
    socket = tmp_path / "gateway.sock"
    installation = Installation(tmp_path, GATEWAY_SOCKET=str(socket), THREADS="2")
    installation.socket = str(socket)
    dotenv.create(installation.dotenv, PROJECT / ".env.example", demo=False)
    assert installation.run("manage.py", "migrate", "-v0").returncode == 0
    account = command(installation, "create_organisation", "Acme", "--plan=pro")
    installation.token = command(
        installation, "create_token", "--account", account, "Terraform"
    )
    return installation


def command(installation, *words):
    done = installation.run("manage.py", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def ask_by_socket(installation):
    """Ask once the socket is there: it opens a moment after the port."""
    for _ in range(300):
        with suppress(FileNotFoundError, ConnectionRefusedError):
            return Wire(None, None, path=installation.socket)
        time.sleep(0.05)
    raise AssertionError("nobody listens on the socket")


def calls(installation):
    with closing(sqlite3.connect(installation.database)) as database:
        return database.execute("SELECT sum(calls) FROM tokens_tokenusage").fetchone()[
            0
        ]


def test_socket_asks_without_a_credential_and_no_use_is_lost(installation):
    with installation.running() as (process, said):
        with closing(Wire(installation.port, None)) as wire:
            assert wire.ask("api", installation.token) == 503
        with closing(ask_by_socket(installation)) as wire:
            assert {wire.ask("api", installation.token) for _ in range(50)} == {204}
            assert wire.ask("logs", installation.token) == 403
        assert os.stat(installation.socket).st_mode & 0o777 == 0o660
        process.terminate()
        process.wait(30)
        ended_well = process.returncode == 0

    assert ended_well
    assert any("within a second in every worker" in line for line in said)
    wait_until(lambda: calls(installation) == 50)


def test_listener_of_the_socket_ends_with_the_server_however_that_ends(installation):
    with installation.running() as (process, _):
        ask_by_socket(installation).close()
        children = children_of(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
        try:
            wait_until(lambda: not is_answering(installation.socket))
        finally:
            # Workers of the port outlive a server that is killed.
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)


def children_of(pid):
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listed.split()]


def is_answering(path):
    try:
        Wire(None, None, path=path).close()
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    return True


def wait_until(true):
    ends = time.monotonic() + 30
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.05)
