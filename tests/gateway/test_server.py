"""The gate in the server that people run: its port, its socket, its end."""

import json
import os
import signal
import sqlite3
from contextlib import closing
from functools import partial

import psutil
import pytest

from tests.gateway.wire import Wire
from tests.installation import Installation
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.sqlite
# What dies is started again, even if it has begun only now.
UNDAUNTED = """
from config import processes, server

processes.CRASH_SECONDS = 0
server.main()
"""


@pytest.fixture(scope="module")
def furnished(tmp_path_factory, migrated):
    """An installation with an organisation, a token of it and one of a gateway."""
    installation = Installation.like(migrated, tmp_path_factory.mktemp("furnished"))
    _, installation.token, installation.gateway = installation.commands(
        ("create_organisation", "Acme", "--plan=pro"),
        ("create_token", "--account", "{0}", "Terraform"),
        ("create_token", "--kind=gateway", "proxy"),
    )
    return installation


@pytest.fixture
def installation(tmp_path, furnished):
    socket = str(tmp_path / "gateway.sock")
    installation = Installation.like(furnished, tmp_path, GATEWAY_SOCKET=socket)
    installation.socket = socket
    installation.token = furnished.token
    installation.gateway = furnished.gateway
    return installation


def calls(installation):
    with closing(sqlite3.connect(installation.database)) as database:
        return database.execute("SELECT sum(calls) FROM tokens_tokenusage").fetchone()[
            0
        ]


def agents(installation):
    with closing(sqlite3.connect(installation.database)) as database:
        rows = database.execute("SELECT agent FROM tokens_tokenusage").fetchall()
    return {agent for (agent,) in rows}


def test_gateways_ask_at_a_port_of_their_own_and_at_the_portals(installation):
    gateway = installation.gateway
    twins = "X_API_TOKEN: tga_other", "X_Tollgate_Gateway: tgg_other"
    agent = "User-Agent: Jürgens Gerät"

    with installation.running("manage.py", "serve") as (process, _):
        for port in (installation.port, installation.gateway_port):
            with closing(Wire(port, None)) as wire:
                assert wire.ask("api", installation.token) == 503
        # Headers are read as far as each port reads them.
        with closing(Wire(installation.port, gateway)) as wire:
            assert wire.ask("api", installation.token, agent, *twins) == 204
        with closing(Wire(installation.port, None)) as wire:
            twin = f"X_Tollgate_Gateway: {gateway}"
            assert wire.ask("api", installation.token, twin) == 503
        with closing(Wire(installation.gateway_port, gateway)) as wire:
            assert wire.ask("api", installation.token, agent) == 204
            assert wire.ask("%FF", installation.token) == 503
        process.terminate()
        process.wait(PATIENCE_SECONDS)

    # The proxy's own uses have no agent; where only gateways ask, theirs is not read.
    assert agents(installation) == {"", "Jürgens Gerät", "unreadable"}


@pytest.mark.programs
def test_socket_asks_without_a_credential_and_no_use_is_lost(installation):
    with installation.running("manage.py", "serve") as (process, said):
        with closing(Wire(None, None, path=installation.socket)) as wire:
            assert {wire.ask("api", installation.token) for _ in range(50)} == {204}
            assert wire.ask("logs", installation.token) == 403
        assert os.stat(installation.socket).st_mode & 0o777 == 0o660
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        ended_well = process.returncode == 0

    assert ended_well
    assert any("within a second in every worker" in line for line in said)
    assert calls(installation) == 50


def test_everything_ends_with_the_server_however_that_ends(installation):
    with installation.running("manage.py", "serve") as (process, _):
        started = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_SECONDS)
        wait_until(lambda: not any(is_running(each) for each in started))

    # The portal, the gate and the socket, each with a worker, and what spawns them.
    assert len(started) >= 6


@pytest.mark.programs
def test_what_dies_is_started_again(installation):
    places = (
        {"host": "127.0.0.1", "port": installation.port},
        {"socket": installation.socket},
    )
    gate = {"application": "config.gateway:trusting", "workers": 1, "threads": 1}
    program = "-c", UNDAUNTED, json.dumps([gate | place for place in places])
    with installation.running(*program) as (process, _):
        server = psutil.Process(process.pid)
        listeners = [each for each in server.children() if each.children()]
        workers = [worker for each in listeners for worker in each.children()]
        for each in listeners:
            each.kill()
        wait_until(lambda: not any(is_running(each) for each in workers))

        for place in ((installation.port, None), (None, None, installation.socket)):
            wait_until(partial(is_answering, place, installation.token))


def is_answering(place, token):
    try:
        with closing(Wire(*place)) as wire:
            return wire.ask("api", token) == 204
    except OSError:
        return False


def is_running(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
