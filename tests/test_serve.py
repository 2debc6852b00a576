import json
import multiprocessing
import os
import re
import signal
import socket
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import SimpleNamespace

import httpx
import pytest

from accounts.management.commands.serve import newest_unknown
from accounts.rate_limits.shared_counts import SHARED_FILE, SIZE
from accounts.web import draining
from config import processes, server
from config.listener import Listener, until_left
from config.places import Places
from config.processes import Processes
from tests import template_database
from tests.installation import Installation, free_ports
from tests.waiting import PATIENCE_SECONDS, wait_until

HOLD_SECONDS = 1.5


@pytest.fixture
def installation(tmp_path, migrated):
    made = Installation.like(migrated, tmp_path)
    made.collect()
    return made


def listener(host, port):
    return Listener("config.wsgi:application", 1, 1, host=host, port=port)


@pytest.mark.programs
def test_serve_refuses_a_database_that_lacks_migrations(installation):
    installation.database.unlink()

    result = installation.run("manage.py", "serve")

    assert result.returncode == 1
    assert re.fullmatch(
        r"CommandError: The database lacks migrations \(\d+\): run `manage.py migrate`.\n",
        result.stderr,
    )


@pytest.mark.programs
def test_serve_refuses_a_folder_without_static_files(installation):
    """Each page would be a 500."""
    nowhere = installation.folder / "static"
    nowhere.touch()  # no folder at all, which its storage does not expect

    result = installation.run("manage.py", "serve", STATIC_ROOT=str(nowhere))

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        f"CommandError: {nowhere} has no static files: run `manage.py collectstatic`.\n"
    )


@pytest.mark.programs
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


@pytest.mark.programs
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


@pytest.mark.programs
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
        assert server.Server([], None, reading, seconds)._is_to_stop()
        assert draining.has_begun() == begun

    os.close(reading)
    os.close(writing)


def test_what_is_counted_is_the_servers_own(monkeypatch):
    # Taken back when the test ends, with what the server puts into it.
    monkeypatch.setenv(SHARED_FILE, "")
    before = os.umask(0)
    try:
        with processes.counted_together():
            status = os.stat(os.environ[SHARED_FILE])
    finally:
        os.umask(before)

    assert (stat.S_IMODE(status.st_mode), status.st_size) == (0o600, SIZE)


@pytest.mark.programs
@pytest.mark.postgresql
def test_database_url_is_all_that_postgresql_takes(tmp_path):
    # test_migrate.py has it made from nothing.
    url = template_database.database_of_its_own("launch")
    installation = Installation(tmp_path, DATABASE_URL=url)

    with installation.running() as (process, lines):
        email, password = re.search(
            r"demo login: (\S+) (\S+)", "\n".join(lines)
        ).groups()
        cookies = installation.log_in(email, password)

    assert any("tollgate_session" in name for name in cookies)
    assert process.returncode == 0
    assert not installation.database.exists()


@pytest.mark.programs
def test_what_would_listen_is_printed_and_nothing_started(installation):
    result = installation.run("manage.py", "serve", "--dry-run", "--workers", "3")

    portal, gate = json.loads(result.stdout)
    assert (portal["port"], portal["workers"]) == (installation.port, 3)
    assert gate["port"] == installation.gateway_port


@pytest.fixture
def told():
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


@pytest.fixture
def spawned(monkeypatch):
    """Start processes as the server does, and in no other way that tests may have set."""
    spawning = multiprocessing.get_context("spawn")
    monkeypatch.setattr(processes.multiprocessing, "Process", spawning.Process)
    for name in (SHARED_FILE, "TOLLGATE_STARTED"):
        monkeypatch.setenv(name, "")
    # Also where a busy machine takes long to start it.
    monkeypatch.setattr(processes, "CRASH_SECONDS", 600)


BROKEN = "tests.held:nothing_of_this_name"


@pytest.mark.usefixtures("spawned")
def test_what_ends_as_soon_as_it_began_ends_the_server(told):
    broken = [Listener(BROKEN, 1, 1, host="127.0.0.1", port=free_ports()[0])]

    assert server.Server(broken, Places(broken), told[0]).run() == 1


@pytest.mark.usefixtures("spawned")
def test_a_version_that_does_not_become_ready_is_ended(told):
    broken = [Listener(BROKEN, 1, 1, host="127.0.0.1", port=free_ports()[0])]
    places = Places(broken)
    begun = Processes(broken, places)

    assert not begun.become_ready(told[0])

    begun.stop()
    places.close()


@pytest.mark.usefixtures("spawned")
def test_who_is_told_to_stop_does_not_wait_for_a_new_version(told, capfd):
    listener = {"application": "tests.held:application", "workers": 1, "threads": 1}
    listener |= {"host": "127.0.0.1", "port": free_ports()[0]}
    held = [Listener(**listener)]
    installed_now = "-c", f"print({json.dumps([listener])!r})"
    for number in (signal.SIGHUP, signal.SIGTERM):
        os.write(told[1], bytes([number]))

    serving = server.Server(held, Places(held), told[0], command=installed_now)

    assert serving.run() == 0
    assert capfd.readouterr().err == (
        "Tollgate goes on as it was: the new version did not become ready.\n"
    )


def test_no_connection_is_kept_once_another_version_listens():
    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b""]

    left, leaving = multiprocessing.Pipe(duplex=False)
    answers = []
    answer = until_left(application, left)

    answer({}, lambda status, headers: answers.append(headers))
    leaving.close()

    def is_told_to_close():
        answer({}, lambda status, headers: answers.append(headers))
        return ("Connection", "close") in answers[-1]

    wait_until(is_told_to_close)
    assert answers[0] == [("Content-Type", "text/plain")]
    assert ("Content-Type", "text/plain") in answers[-1]


class Unstarted:
    """A process of which only its sentinel and its environment are of interest."""

    environments = ()

    def __init__(self, **_):
        self.sentinel = len(Unstarted.environments)

    def start(self):
        Unstarted.environments += (os.environ[SHARED_FILE],)

    def join(self):
        pass

    terminate = join


@pytest.mark.usefixtures("spawned")
def test_what_is_started_again_counts_where_its_version_does(monkeypatch):
    monkeypatch.setattr(processes.multiprocessing, "Process", Unstarted)
    monkeypatch.setattr(processes, "CRASH_SECONDS", 0)
    monkeypatch.setattr(Unstarted, "environments", ())
    listeners = [Listener(BROKEN, 1, 1)]
    places = SimpleNamespace(of=lambda listener: None)
    running = Processes(listeners, places)
    Processes(listeners, places).stop()

    running._replace(0)
    running.stop()

    first, failed, again = Unstarted.environments
    assert first == again != failed
