"""`manage.py migrate` of ours: several hosts at once, beside a portal that runs."""

import os
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands import migrate as of_django
from django.db import OperationalError, connection

from accounts.management.commands import migrate
from config import dotenv
from tests.installation import PROJECT, Installation
from tests.waiting import wait_until

pytestmark = [pytest.mark.postgresql, pytest.mark.programs]
QUEUED = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


class BusyError(Exception):
    sqlstate = "55P03"


class ShutDownError(Exception):
    sqlstate = "57P01"


@pytest.fixture
def naps(monkeypatch):
    slept = []
    monkeypatch.setattr(migrate.time, "sleep", slept.append)
    return slept


@pytest.fixture
def failing(monkeypatch):
    """Let Django's command fail so many times; returns what it saw of limits."""

    def fail(reason, *, times):
        seen = []

        def handle(*args, **options):
            with connection.cursor() as cursor:
                cursor.execute("SHOW statement_timeout")
                seen.append(cursor.fetchone()[0])
            if len(seen) <= times:
                raise OperationalError("no") from reason

        monkeypatch.setattr(of_django.Command, "handle", handle)
        return seen

    return fail


def test_a_table_in_use_is_waited_for(db, naps, failing):
    seen = failing(BusyError(), times=2)

    call_command("migrate")

    assert seen == ["0", "0", "0"]
    assert naps == [migrate.PAUSE_SECONDS] * 2


def test_a_table_that_stays_in_use_is_one_sentence(db, naps, failing):
    failing(BusyError(), times=migrate.ATTEMPTS)

    with pytest.raises(CommandError, match=r"^A table stayed in use: no$"):
        call_command("migrate")


def test_what_does_not_pass_is_told_at_once(db, naps, failing):
    failing(ShutDownError(), times=1)

    with pytest.raises(OperationalError):
        call_command("migrate")

    assert naps == []


def test_limits_hold_again_afterwards(db, failing):
    failing(None, times=0)
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        before = cursor.fetchone()

        call_command("migrate")

        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == before != ("0",)


def test_two_hosts_may_migrate_at_once(tmp_path):
    server = os.environ["TEST_POSTGRESQL_URL"]
    with psycopg.connect(server, autocommit=True) as database:
        database.execute("CREATE DATABASE two_hosts")
    url = server.replace("/postgres?", "/two_hosts?")
    host = Installation(tmp_path, DATABASE_URL=url)
    dotenv.create(host.dotenv, PROJECT / ".env.example", demo=False)

    with ThreadPoolExecutor() as pool, psycopg.connect(url) as ours:
        # Until both have read that nothing is there yet.
        ours.execute("SELECT pg_advisory_xact_lock(%s)", [migrate.LOCK])
        hosts = [pool.submit(host.run, "manage.py", "migrate", "-v0") for _ in range(2)]
        wait_until(lambda: ours.execute(QUEUED).fetchone() == (2,))
        ours.rollback()
        ended = [each.result() for each in hosts]

    assert [each.returncode for each in ended] == [0, 0]
    # All that there is to say is that this server has no index for searching.
    said = [line for each in ended for line in each.stderr.splitlines()]
    assert [line for line in said if "without an index" not in line] == []


def test_behind_a_pooler_no_limit_of_a_session_is_changed(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)

    with migrate._unhurried(connection):
        pass  # The database may not be asked here.
