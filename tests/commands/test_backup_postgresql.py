"""A dump of PostgreSQL beside somebody who writes, restored into another database."""

import subprocess
import threading
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from accounts.audit.trail import Actor
from accounts.backups import NO_PROGRAM
from accounts.crypto.keys import keyring
from tests.commands.outcomes import error
from tests.environment import KEYS
from tests.factories import TokenFactory
from tests.test_settings import manage
from tokens.models import Token
from tokens.secrets import Secret, digest

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.programs,
    pytest.mark.django_db(transaction=True),
]

RESTORED = "restored"
BY = Actor("writer@example.com")


@pytest.fixture
def programs(monkeypatch):
    """PostgreSQL's own programs are those that are found first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'")
        (folder,) = cursor.fetchone()
    monkeypatch.setenv("PATH", folder, prepend=":")
    return folder


@pytest.fixture
def elsewhere():
    """The name of an empty database of the same server."""
    parameters = conninfo_to_dict(connection.connection.info.dsn) | {
        "dbname": "postgres"
    }
    with psycopg.connect(**parameters, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {RESTORED}")
        server.execute(f"CREATE DATABASE {RESTORED}")
        yield parameters | {"dbname": RESTORED}
        server.execute(f"DROP DATABASE {RESTORED} WITH (FORCE)")


@contextmanager
def writing(account):
    over, begun = threading.Event(), threading.Event()

    def write():
        number = 0
        while not over.is_set():
            number += 1
            Token.issue(account=account, kind="api", name=f"{number}", by=BY)
            begun.set()
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    begun.wait()
    try:
        yield
    finally:
        over.set()
        thread.join()


def check(parameters, *options):
    """Return exit code and words of restore_check in another database."""
    host, port = parameters["host"], parameters.get("port", "")
    url = f"postgres://postgres@/{RESTORED}?host={host}&port={port or 5432}"
    done = manage("restore_check", "--all", *options, DATABASE_URL=url, **KEYS)
    return done.returncode, done.stderr, done.stdout


def test_a_dump_under_writes_opens_what_it_opened(
    run, main, tmp_path, elsewhere, programs
):
    token = TokenFactory(account=main)
    dump = tmp_path / "tollgate.dump"
    with writing(main):
        said = run("backup", dump).out
    assert "read again and found whole" in said
    options = (
        f"--dbname=postgresql:///{RESTORED}?host={elsewhere['host']}&user=postgres"
    )
    program = f"{programs}/pg_restore"
    subprocess.run([program, options, "--no-owner", dump], check=True)

    code, complaint, said = check(elsewhere, "--notes", f"{dump}.json")

    assert (code, complaint) == (0, "")
    assert said.endswith("It is whole.\n")
    lookup = digest(Secret(token.secret_text), keyring("index").active_subkey)
    question = "SELECT token_id FROM tokens_storedsecret WHERE lookup = %s"
    with psycopg.connect(**elsewhere) as copy:
        assert copy.execute(question, [lookup]).fetchall() == [(token.pk,)]
        copy.execute("SELECT setval('tokens_token_id_seq', 1, false)")
    code, complaint, _ = check(elsewhere)
    assert code == 1
    assert complaint == (
        "CommandError: Ids would be given again in tokens_token: "
        "`manage.py sqlsequencereset APP` says how to mend it.\n"
    )


def test_without_pg_dump_it_says_what_to_install(run, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert error(run, "backup", tmp_path / "dump") == (NO_PROGRAM.format("pg_dump"), 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo first >&2; echo 'no room' >&2; exit 1", "no room"),
        ("exit 7", "exit code 7"),
    ],
)
def test_a_dump_that_fails_says_why_and_leaves_nothing(
    run, tmp_path, monkeypatch, script, reason
):
    (tmp_path / "programs").mkdir()
    program = tmp_path / "programs" / "pg_dump"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")

    assert error(run, "backup", tmp_path / "dump") == (f"pg_dump failed: {reason}", 1)
    assert [file.name for file in tmp_path.iterdir()] == ["programs"]


def test_programs_are_told_no_more_than_this_installation_was(
    run, tmp_path, monkeypatch
):
    """psycopg's libpq tells of options besides that pg_dump 15 does not know."""
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\necho "$*" >&2\nexit 1\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    said, _ = error(run, "backup", tmp_path / "dump")

    assert f"dbname={connection.settings_dict['NAME']}" in said
    assert "sslcertmode" not in said
