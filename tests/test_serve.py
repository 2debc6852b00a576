import json
import multiprocessing
import os
import re
import signal
import socket
import sqlite3
import stat
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import SimpleNamespace

import httpx
import psycopg
import pytest

from accounts.management.commands.serve import newest_unknown
from accounts.rate_limits.shared_counts import SHARED_FILE, SIZE
from accounts.web import draining
from config import server
from config.listener import Listener
from tests.installation import FORM_TOKEN, Installation, free_ports
from tests.waiting import PATIENCE_SECONDS, wait_until

HOLD_SECONDS = 1.5


@pytest.fixture
def installation(tmp_path, migrated):
    return Installation.like(migrated, tmp_path)


def listener(host, port):
    return Listener("config.wsgi:application", 1, 1, host=host, port=port)


def test_serve_refuses_a_database_that_lacks_migrations(installation):
    installation.database.unlink()

    result = installation.run("manage.py", "serve")

    assert result.returncode == 1
    assert re.fullmatch(
        r"CommandError: The database lacks migrations \(\d+\): run `manage.py migrate`.\n",
        result.stderr,
    )


@pytest.mark.sqlite
def test_serve_refuses_a_database_of_a_newer_version(installation):
    with closing(sqlite3.connect(installation.database)) as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('tokens', '9999_later', '2030-01-01')"
        )
        database.commit()

    result = installation.run("manage.py", "serve")

    assert result.returncode == 1
    assert result.stderr == (
        "CommandError: A newer Tollgate has migrated the database (tokens.9999_later): "
        "run that one, or restore the backup from before.\n"
    )


@pytest.mark.parametrize(
    ("applied", "newer"),
    [
        ([("tokens", "0001_tokens"), ("tokens", "0002_more")], ""),
        # Squashed meanwhile.
        ([("tokens", "0001_first_try")], ""),
        ([("another", "0009_of_a_program_that_went")], ""),
        ([("tokens", "0003_next"), ("tokens", "0004_later")], "tokens.0004_later"),
    ],
)
def test_what_is_newer_comes_after_all_that_is_known(applied, newer):
    known = {("tokens", "0002_more"): None, ("tokens", "0001_tokens"): None}
    loader = SimpleNamespace(
        disk_migrations=known, applied_migrations=dict.fromkeys(applied)
    )

    assert newest_unknown(loader) == newer


@pytest.mark.parametrize("name", ["port", "gateway_port"])
def test_serve_refuses_a_port_in_use(installation, name):
    port = getattr(installation, name)

    with socket.create_server(("127.0.0.1", port)):
        result = installation.run("manage.py", "serve")

    assert result.returncode == 1
    assert result.stderr == (
        f"Tollgate cannot start: Port {port} on 127.0.0.1 is in use\n"
    )


def test_serve_refuses_one_port_for_two_purposes(installation):
    port = str(installation.gateway_port)

    result = installation.run("manage.py", "serve", METRICS_PORT=port)

    assert result.returncode == 1
    assert result.stderr == (
        "Tollgate cannot start: PORT, GATEWAY_PORT and METRICS_PORT must differ: "
        f"{port} is there twice.\n"
    )


def test_sigterm_lets_a_request_in_flight_finish(installation):
    folder = installation.folder
    place = {"host": "127.0.0.1", "port": installation.port, "workers": 1, "threads": 1}
    held = {"application": "tests.held:application", "takes_bodies": True}
    program = "-m", "config.server", json.dumps([place | held])

    with (
        installation.running(*program, HELD_IN=str(folder)) as (process, _),
        ThreadPoolExecutor() as pool,
    ):
        answer = pool.submit(httpx.get, installation.address, timeout=PATIENCE_SECONDS)
        wait_until((folder / "asked").exists)
        process.terminate()
        # Long enough for what does not wait to end.
        threading.Event().wait(HOLD_SECONDS)
        assert not answer.done()
        (folder / "let go").touch()

        assert answer.result().text == "whole"
        assert process.wait(PATIENCE_SECONDS) == 0


def test_a_server_that_is_to_stop_is_not_ready_and_answers_all_the_same(installation):
    status = installation.status
    with installation.running("manage.py", "serve", DRAIN_SECONDS="600") as (
        process,
        _,
    ):
        refused = status("/v2/whoami")
        assert (status("/readyz"), refused) == (200, 403)

        process.terminate()

        wait_until(lambda: status("/readyz") == 503)
        assert (status("/livez"), status("/v2/whoami")) == (200, refused)
        # Told again, it does not wait any longer.
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0


@pytest.mark.parametrize(
    ("told", "seconds", "begun"),
    [
        (signal.SIGTERM, 0.01, True),
        (signal.SIGTERM, 0, False),
        (signal.SIGINT, 600, False),
    ],
)
def test_only_who_is_told_by_a_program_waits(monkeypatch, told, seconds, begun):
    monkeypatch.setenv(draining.VARIABLE, "")
    reading, writing = os.pipe()
    os.write(writing, bytes([told]))

    with draining.watched():
        server.drain(reading, seconds)
        assert draining.has_begun() == begun

    os.close(reading)
    os.close(writing)


def test_workers_count_the_calls_of_the_api_together(installation):
    calls = 12

    with installation.running(WORKERS="2", API_FAILURE_RATE="6"):
        address = f"{installation.address}/api/v1/whoami"
        answers = [httpx.get(address, timeout=PATIENCE_SECONDS) for _ in range(calls)]

    # A minute may end in between, and then they begin anew.
    left = [
        int(re.search(r"r=(\d+)", each.headers["RateLimit"])[1]) for each in answers
    ]
    begun = left.index(5, 1) if 5 in left[1:] else 0
    assert left[begun:] == [max(5 - each, 0) for each in range(calls - begun)]


def test_what_is_counted_is_the_servers_own(monkeypatch):
    # Taken back when the test ends, with what the server puts into it.
    monkeypatch.setenv(SHARED_FILE, "")
    before = os.umask(0)
    try:
        with server.counted_together():
            status = os.stat(os.environ[SHARED_FILE])
    finally:
        os.umask(before)

    assert (stat.S_IMODE(status.st_mode), status.st_size) == (0o600, SIZE)


@pytest.mark.sqlite
def test_workers_count_tries_together(installation):
    with (
        installation.running(WORKERS="2"),
        httpx.Client(timeout=PATIENCE_SECONDS) as client,
    ):
        url = f"{installation.address}/password/reset/"
        token = re.search(FORM_TOKEN, client.get(url).text)[1]
        form = {"email": "nobody@acme.example", "csrfmiddlewaretoken": token}
        with ThreadPoolExecutor(10) as pool:
            posted = [pool.submit(client.post, url, data=form) for _ in range(10)]
        statuses = Counter(each.result().status_code for each in posted)

    # A busy machine has no time for some, and tells them so.
    told_in_time = 10 - statuses[503]
    assert 0 < statuses[302] <= 5
    assert statuses[302] + statuses[429] == told_in_time
    assert statuses[302] == 5 or statuses[503]


@pytest.mark.postgresql
def test_database_url_is_all_that_postgresql_takes(tmp_path):
    server = os.environ["TEST_POSTGRESQL_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE launch")
    url = server.replace("/postgres?", "/launch?")
    installation = Installation(tmp_path, DATABASE_URL=url)

    with installation.running() as (process, lines):
        email, password = re.search(
            r"demo login: (\S+) (\S+)", "\n".join(lines)
        ).groups()
        cookies = installation.log_in(email, password)

    assert any("tollgate_session" in name for name in cookies)
    assert process.returncode == 0
    assert not installation.database.exists()


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")],  # noqa: S104 -- for this test only
)
def test_the_address_is_printed_once_everybody_answers(capsys, host, shown):
    port, gateway_port = free_ports()
    listeners = [listener(host, port), listener("127.0.0.1", gateway_port)]
    announcing = threading.Thread(target=server.announce, args=(listeners,))

    announcing.start()
    with socket.create_server((host, port)):
        announcing.join(timeout=0.2)
        assert capsys.readouterr().out == ""
        with socket.create_server(("127.0.0.1", gateway_port)):
            announcing.join()

    assert capsys.readouterr().out == f"Tollgate is ready at http://{shown}:{port}/\n"


def test_an_ipv6_address_is_printed_in_brackets(capsys):
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as there:
        port = there.getsockname()[1]
        server.announce([listener("::", port)])

    assert capsys.readouterr().out == f"Tollgate is ready at http://[::1]:{port}/\n"


def test_what_ends_as_soon_as_it_began_ends_the_server(monkeypatch, tmp_path):
    spawning = multiprocessing.get_context("spawn")
    monkeypatch.setattr(server.multiprocessing, "Process", spawning.Process)
    # Also where a busy machine takes long to start it.
    monkeypatch.setattr(server, "CRASH_SECONDS", 600)
    nowhere = str(tmp_path / "no folder" / "socket")
    told, telling = os.pipe()

    code = server.keep([Listener("config.gateway:gate", 1, 1, socket=nowhere)], told)

    os.close(told)
    os.close(telling)
    assert code == 1
