import os
import re
import signal
import socket
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from config import launch, preflight
from tests.installation import PROJECT, Installation, free_ports

# What differs on PostgreSQL is in test_serve.py.
pytestmark = pytest.mark.sqlite

IN_USE = (
    r"Tollgate cannot start: (Port .*); choose another one,"
    r" for example: make run PORT=(\d+) GATEWAY_PORT=(\d+)\n"
)
MADE_BY_THE_DEMO = (
    *("accounts_organisation", "accounts_account", "accounts_membership"),
    *("accounts_user", "tokens_token", "sharing_filter", "sharing_sharedview"),
)
LOGIN = re.compile(r"demo login: (\S+@\S+) (\S+) \((\w+), (.+)\)")


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """An installation that was started once, from nothing, and stopped again."""
    folder = tmp_path_factory.mktemp("installation")
    installation = Installation(folder, STATIC_ROOT=str(folder / "static"))
    with installation.running() as (process, lines):
        installation.first_words = lines
        email, password, *_ = LOGIN.fullmatch(lines[2]).groups()
        installation.cookies = installation.log_in(email, password)
    installation.first_exit = process.returncode
    return installation


def logins(lines):
    return [line for line in lines if line.startswith("demo login: ")]


def contents(database):
    """Return the ids of what the demo makes.

    A server that a busy machine lets run for a minute writes besides what is due by then;
    demo/test_demo.py looks whether anything that is there is changed.
    """
    with closing(sqlite3.connect(database)) as connection:
        return {
            table: connection.execute(f"SELECT id FROM {table}").fetchall()  # noqa: S608 -- a constant
            for table in MADE_BY_THE_DEMO
        }


@pytest.mark.programs
def test_first_start_says_where_to_log_in_and_with_what(installation):
    first, making, *people, promise, mails, begin, last = installation.first_words

    assert first == "Wrote .env with fresh keys: keep it."
    assert making.startswith("Making a database, and a demo")
    assert [line for line in people if not LOGIN.fullmatch(line)] == []
    assert {LOGIN.fullmatch(line)[3] for line in people} >= {"admin", "user", "staff"}
    assert promise.startswith("Gateways: a change of a token holds within a second")
    assert mails == f"Mails are not sent, but kept in {PROJECT}/demo-mails/."
    email, password, *_ = LOGIN.fullmatch(people[0]).groups()
    assert begin.startswith(f"First: sign in as {email} with {password}, open Manage")
    assert last == f"Tollgate is ready at {installation.address}/"


def test_a_printed_login_lets_its_person_in(installation):
    assert any("tollgate_session" in name for name in installation.cookies)


def test_first_start_keeps_its_keys_private(installation):
    assert stat.S_IMODE(installation.dotenv.stat().st_mode) == 0o600


def test_sigterm_ends_it_without_an_error(installation):
    assert installation.first_exit == 0


def test_ctrl_c_ends_it_without_a_word(tmp_path, installation):
    """A terminal sends it to all that runs there, workers too."""
    own = Installation(tmp_path, DATABASE_URL=installation.variables["DATABASE_URL"])
    own.dotenv.write_bytes(installation.dotenv.read_bytes())

    with own.running(start_new_session=True) as (process, _):
        own.wait_for_health()
        os.killpg(process.pid, signal.SIGINT)
        said = process.stdout.read()

    assert (said, process.returncode) == ("", 0)


@pytest.mark.programs
def test_second_start_changes_nothing_and_collects_nothing(installation):
    before = contents(installation.database)
    keys = installation.dotenv.read_text()
    # What is collected again takes most of a start.
    collected = Path(installation.variables["STATIC_ROOT"]) / "sources.sha256"
    collected_at = collected.stat().st_mtime_ns

    with installation.running() as (_, lines):
        pass

    assert logins(lines) == logins(installation.first_words)
    assert installation.dotenv.read_text() == keys
    assert contents(installation.database) == before
    assert collected.stat().st_mtime_ns == collected_at


@pytest.mark.programs
def test_without_demo_nobody_is_made(tmp_path, migrated):
    lonely = Installation.like(migrated, tmp_path, DEMO="false")

    with lonely.running() as (_, lines):
        pass

    assert logins(lines) == []
    with closing(sqlite3.connect(lonely.database)) as connection:
        assert connection.execute("SELECT * FROM accounts_user").fetchall() == []


@pytest.mark.programs
@pytest.mark.parametrize("name", ["port", "gateway_port"])
def test_a_port_in_use_is_one_sentence(installation, name):
    port = getattr(installation, name)
    with socket.create_server(("127.0.0.1", port)):
        result = installation.run("-m", "config.launch")

    assert (result.returncode, result.stdout) == (1, "")
    said, free, other = re.fullmatch(IN_USE, result.stderr).groups()
    assert said == f"Port {port} on 127.0.0.1 is in use"
    # Both were free a moment ago.
    assert int(other) == int(free) + 1


@pytest.mark.programs
def test_a_broken_dotenv_is_one_sentence(tmp_path):
    installation = Installation(tmp_path)
    installation.dotenv.write_text("DEMO=false\n\nthis line is broken\n")

    result = installation.run("-m", "config.launch")

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        f"Tollgate cannot start: Line 3 of {installation.dotenv}"
        " is not of the form NAME=value.\n"
    )


@pytest.mark.programs
def test_a_setting_that_is_wrong_is_one_sentence(installation):
    result = installation.run("-m", "config.launch", HTTPS="perhaps")

    assert result.returncode == 1
    assert result.stderr == (
        "Tollgate cannot start: HTTPS must be true or false, not 'perhaps'.\n"
    )


@pytest.mark.programs
def test_a_database_that_does_not_answer_is_one_sentence(installation):
    result = installation.run(
        "-m", "config.launch", DATABASE_URL="postgres://me:secret-pw@127.0.0.1:1/x"
    )

    assert result.returncode == 1
    assert result.stderr.startswith("Tollgate cannot start: The database does not")
    assert result.stderr.count("\n") == 1
    assert "secret-pw" not in result.stderr


@pytest.mark.programs
def test_a_wrong_key_stops_the_start_with_its_own_exit_code(installation):
    wrong = "1:" + "d3Jvbmcga2V5IHdyb25nIGtleSB3cm9uZyBrZXkhISE="

    result = installation.run("-m", "config.launch", TOLLGATE_ENC_KEYS=wrong)

    assert result.returncode == 78
    assert "crypto.E002" in result.stderr
    assert "TOLLGATE_ENC_KEYS" in result.stderr
    assert wrong[2:] not in result.stdout + result.stderr


def test_an_unwritable_folder_is_one_sentence():
    # Not even root may make files there.
    with pytest.raises(preflight.CannotStartError) as refusal:
        preflight.require_writable("/proc")

    assert str(refusal.value).startswith("The folder /proc cannot be written to (")


@pytest.mark.parametrize("port", ["", "0", "65536", "http", "-1", "80 80", "٨٠"])
def test_what_is_no_port_is_refused(port):
    with pytest.raises(preflight.CannotStartError, match=r"^PORT must be a number"):
        preflight.require_free_ports({"PORT": port})


def test_the_port_after_the_last_one_is_none():
    with pytest.raises(preflight.CannotStartError) as refusal:
        preflight.require_free_ports({"PORT": "65535"})

    assert str(refusal.value) == (
        "GATEWAY_PORT must be a number from 1 to 65535, not '65536'."
    )


def test_one_port_cannot_be_both():
    with pytest.raises(preflight.CannotStartError) as refusal:
        preflight.require_free_ports({"PORT": "8000", "GATEWAY_PORT": "8000"})

    assert str(refusal.value) == "PORT and GATEWAY_PORT must differ, not both be 8000."


def test_two_ports_that_are_free_are_proposed():
    port, taken = free_ports()
    places = ("127.0.0.1", port), ("127.0.0.1", taken)
    with (
        socket.create_server(places[0]),
        socket.create_server(places[1]),
        pytest.raises(preflight.CannotStartError) as refusal,
    ):
        preflight.require_free_ports({"PORT": str(port)})

    said, proposed = str(refusal.value).rsplit("=", 1)
    assert said == (
        f"Port {port} on 127.0.0.1 is in use; choose another one, for example: "
        "make run PORT"
    )
    assert int(proposed) > port
    assert taken not in (int(proposed), int(proposed) + 1)


def test_a_host_that_is_not_this_machine_is_refused():
    with pytest.raises(preflight.CannotStartError, match=r"192\.0\.2\.1 cannot be"):
        preflight.require_free_ports({"HOST": "192.0.2.1"})


def test_static_files_are_told_apart_by_name_and_content(tmp_path):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("")
    folder = tmp_path / "static"
    folder.mkdir()
    seen = {launch.fingerprint(folder, requirements)}

    for name, text in [("a.css", "x"), ("a.css", "y"), ("b.css", "y")]:
        (folder / name).write_text(text)
        seen.add(launch.fingerprint(folder, requirements))
    requirements.write_text("changed")
    seen.add(launch.fingerprint(folder, requirements))

    assert len(seen) == 5


# A name that is too long is no name to some versions of Python, and unknown to others.
@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("h" * 99, 8000)])
def test_what_can_be_no_place_to_listen_is_a_sentence(host, port):
    said = f"There is no port {port} on|Port 8000 on hhh.* cannot be opened"
    with pytest.raises(preflight.CannotStartError, match=said):
        preflight.require_free_port(host, port)
