"""Connections that do not wait for a database that says nothing."""

import time
from contextlib import closing

import psycopg
import pytest
from django.db import OperationalError, connection

from accounts.postgresql import (
    JUST_SECONDS,
    SILENT_SECONDS,
    SLOW_SECONDS,
    Connection,
    Pulse,
    Silence,
    check,
    pulse,
)
from accounts.postgresql.base import PASSING
from gateway.verify.lookups import InThreadPool
from tests.waiting import PATIENCE_SECONDS

LATE = SILENT_SECONDS + 0.1
FOR_EVER = f"SELECT pg_sleep({PATIENCE_SECONDS})"


@pytest.fixture(autouse=True)
def _nothing_heard_yet():
    yield
    nothing_heard()


def nothing_heard():
    # The era stays, or the pool's own connections would be of another.
    pulse.__init__(era=pulse.era)


@pytest.mark.parametrize(
    ("late", "failed", "waited", "silent"),
    [
        (None, True, 100.0, False),
        (0.0, True, 100.0, False),
        (LATE, True, 0.0, True),
        (LATE, False, 0.0, False),
        (LATE, False, SLOW_SECONDS + 0.1, True),
    ],
)
def test_when_a_database_is_silent(late, failed, waited, silent):
    heard_at = None if late is None else time.monotonic() - late

    assert Pulse(heard_at, failed).is_silent(waited) is silent


@pytest.mark.postgresql
@pytest.mark.parametrize("error", PASSING)
def test_what_passes_is_no_defect_of_the_database(db, error):
    with (
        pytest.raises(OperationalError, match="for a while"),
        connection.wrap_database_errors,
    ):
        raise error("for a while")


def silence():
    pulse.heard_at, pulse.failed = time.monotonic() - LATE, True


@pytest.mark.postgresql
def test_a_silent_database_is_not_asked_at_all(transactional_db):
    connection.ensure_connection()
    silence()

    with pytest.raises(OperationalError, match="does not answer"):
        connection.cursor().execute("SELECT 1")
    connection.close()
    with pytest.raises(OperationalError, match="does not answer"):
        connection.ensure_connection()

    nothing_heard()
    connection.ensure_connection()


@pytest.mark.postgresql
def test_what_is_being_asked_is_given_up_when_the_database_falls_silent(
    transactional_db,
):
    cursor = connection.cursor()
    # Late enough for a busy machine to have asked by then.
    pulse.heard_at, pulse.failed = time.monotonic() - LATE + 1, True

    with pytest.raises(OperationalError, match="has not answered"):
        cursor.execute(FOR_EVER)

    nothing_heard()
    connection.close()
    connection.cursor().execute("SELECT 1")


@pytest.mark.postgresql
def test_a_pool_hands_out_no_connection_of_an_era_that_ended(
    transactional_db, monkeypatch
):
    parameters = connection.get_connection_params()
    with Connection.connect(**parameters) as opened:
        check(opened)
        with monkeypatch.context() as later:
            later.setattr(pulse, "era", pulse.era + 1)
            with pytest.raises(psycopg.OperationalError, match="another one"):
                check(opened)

        assert opened.closed
    with Connection.connect(**parameters) as opened:
        check(opened)


@pytest.fixture
def asked(monkeypatch):
    """Return the connections that were asked whether they work."""
    seen = []
    monkeypatch.setattr(
        "accounts.postgresql.ConnectionPool.check_connection", seen.append
    )
    return seen


@pytest.mark.postgresql
def test_who_has_just_answered_is_not_asked_whether_it_is_there(
    transactional_db, asked
):
    with Connection.connect(**connection.get_connection_params()) as opened:
        check(opened)
        opened.execute("SELECT 1")
        check(opened)
        assert asked == [opened]

        check(opened, asks=True)
        opened.heard_at -= JUST_SECONDS
        check(opened)
        assert asked == [opened] * 3


@pytest.mark.postgresql
def test_a_connection_that_was_ended_meanwhile_is_asked(transactional_db, asked):
    with closing(Connection.connect(**connection.get_connection_params())) as opened:
        opened.execute("SELECT 1")
        with connection.cursor() as cursor:
            ended = opened.info.backend_pid, PATIENCE_SECONDS * 1000
            cursor.execute("SELECT pg_terminate_backend(%s, %s)", ended)
        check(opened)

    assert opened in asked


@pytest.mark.postgresql
def test_a_slow_statement_is_waited_for_while_the_database_is_heard_of(
    transactional_db,
):
    cursor = connection.cursor()

    cursor.execute("SELECT pg_sleep(0.3), 7")

    assert cursor.fetchone()[1] == 7


@pytest.mark.postgresql
def test_a_connection_with_patience_goes_by_that_alone(transactional_db):
    silence()
    parameters = connection.get_connection_params()
    with Connection.connect(**parameters) as opened:
        opened.patience = PATIENCE_SECONDS
        assert opened.execute("SELECT 1").fetchone() == (1,)

        opened.patience = 0.2
        with pytest.raises(Silence):
            opened.execute(FOR_EVER)
        assert opened.closed
        with pytest.raises(psycopg.OperationalError):
            opened.execute("SELECT 1")
    nothing_heard()


@pytest.mark.parametrize(
    ("found", "newer"),
    [
        ((7, "00000003"), True),
        ((7, "00000001"), False),
        ((8, "00000002"), True),
        ((8, "00000001"), True),
    ],
)
def test_another_database_is_not_the_one_that_is_watched(found, newer):
    pulse = Pulse(watched=(7, "00000002"), identify=lambda opened: found)

    with pytest.raises(Silence, match="another database answers"):
        pulse.require_watched(None)

    assert pulse.is_overtaken is newer


def test_the_database_that_is_watched_is_believed():
    pulse = Pulse(watched=(7, "00000002"), identify=lambda opened: (7, "00000002"))

    pulse.require_watched(None)

    assert not pulse.is_overtaken


@pytest.mark.postgresql
def test_a_look_up_opens_no_connection_to_another_database(transactional_db):
    asker = InThreadPool()
    pulse.watched, pulse.identify = (7, "00000002"), lambda opened: (7, "00000001")

    with pytest.raises(OperationalError, match="another database answers"):
        asker(lambda database: database.ensure_connection())
    nothing_heard()

    asker(lambda database: (database.ensure_connection(), database.close()))
    asker._threads.shutdown()
