"""One deadline for all that a request asks of the database, and what it may say then."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from math import inf

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from accounts import deadline
from accounts.deadline import (
    CHANGING_SECONDS,
    READ_ONLY,
    READING_SECONDS,
    UNCHANGED,
    UNKNOWN,
    database_away,
    request_deadline,
)
from accounts.models import Organisation
from accounts.web.logs import Seldom
from tests.factories import MainFactory

NOW = 1000.0
CONNECTIONS = 4
END_OTHERS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def going_on():
    """A request that changes something, and has all the time there is."""
    with request_deadline.running("POST", time.monotonic() + 3600):
        yield


@pytest.fixture
def late(transactional_db):
    """A request whose time is over."""
    connection.ensure_connection()
    with request_deadline.running("POST", time.monotonic() - CHANGING_SECONDS):
        yield
    connection.close()


@pytest.mark.parametrize(
    ("method", "seconds"),
    [
        ("POST", CHANGING_SECONDS),
        ("DELETE", CHANGING_SECONDS),
        ("GET", READING_SECONDS),
        ("HEAD", READING_SECONDS),
    ],
)
def test_what_is_left_counts_from_the_arrival(monkeypatch, method, seconds):
    monkeypatch.setattr(deadline.time, "monotonic", lambda: NOW + 0.5)

    with request_deadline.running(method, NOW):
        left = request_deadline.seconds_left

    assert left == pytest.approx(seconds - 0.5)
    assert request_deadline.seconds_left == inf


def said():
    return database_away(OperationalError("away")).message


@pytest.fixture
def read_only(db):
    on_sqlite = connection.vendor == "sqlite"
    with transaction.atomic():
        # Not by Django's cursor, which is there no more after an error.
        execute = connection.connection.execute
        execute("PRAGMA query_only=ON" if on_sqlite else "SET TRANSACTION READ ONLY")
        yield
        if on_sqlite:
            execute("PRAGMA query_only=OFF")
        transaction.set_rollback(True)


def test_a_database_that_takes_no_changes_is_said_to(read_only):
    with pytest.raises(OperationalError) as error:
        Organisation.objects.update(plan="pro")

    refusal = database_away(error.value)
    assert (refusal.code, refusal.status) == ("read_only", 503)
    assert refusal.message == READ_ONLY.message


def test_a_disk_that_is_full_is_said_to_be():
    for name, code in ("sqlite_errorcode", 13), ("sqlstate", "53100"):
        error, cause = OperationalError("full"), Exception("full")
        setattr(cause, name, code)
        error.__cause__ = cause
        assert database_away(error).code == "storage_full"


def test_the_log_says_once_a_minute_why(monkeypatch, caplog):
    monkeypatch.setattr(deadline, "log", Seldom(logging.getLogger("accounts.deadline")))

    for _ in range(3):
        database_away(OperationalError("database or disk is full"))

    assert caplog.messages == [
        "The database could not be used: database or disk is full"
    ]


def test_what_was_committed_is_not_said_to_be_undone(going_on, transactional_db):
    before = said()
    with transaction.atomic():
        Organisation.objects.update(plan="pro")
        within = said()

    assert (before, within, said()) == (UNCHANGED, UNCHANGED, UNKNOWN)


def test_what_commits_by_itself_is_not_said_to_be_undone(going_on, transactional_db):
    Organisation.objects.count()
    before = said()

    Organisation.objects.update(plan="pro")

    assert (before, said()) == (UNCHANGED, UNKNOWN)


def test_what_the_database_refused_was_not_done(going_on, transactional_db):
    MainFactory.create(name="Acme")
    request_deadline.unsettled = False

    with pytest.raises(IntegrityError):
        Organisation.objects.update(plan=None)
    after = said()
    Organisation.objects.update(plan="pro")
    with pytest.raises(IntegrityError):
        Organisation.objects.update(plan=None)

    assert (after, said()) == (UNCHANGED, UNKNOWN)


def test_without_a_request_there_is_nothing_to_say(transactional_db):
    Organisation.objects.update(plan="pro")

    assert said() == UNCHANGED


def end_session():
    """Let the server end this thread's session, behind its back."""
    pid = connection.connection.info.backend_pid
    with connection.connection.connect(
        **connection.get_connection_params(), autocommit=True
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])


def lose(*, then):
    """Change something in a transaction that is lost before what comes then."""
    with transaction.atomic():
        Organisation.objects.update(plan="pro")
        end_session()
        then()


def nothing():
    pass


@pytest.mark.postgresql
def test_a_commit_that_was_lost_may_hold(going_on, transactional_db):
    with pytest.raises(OperationalError):
        lose(then=nothing)

    assert said() == UNKNOWN


@pytest.mark.postgresql
def test_what_was_lost_before_its_commit_does_not_hold(going_on, transactional_db):
    with pytest.raises(OperationalError):
        lose(then=Organisation.objects.count)

    assert said() == UNCHANGED


@pytest.mark.postgresql
def test_a_lost_connection_is_not_replaced_to_end_a_transaction(transactional_db):
    connection.ensure_connection()
    asked = connection.pool.get_stats()["requests_num"]

    with pytest.raises(OperationalError):
        lose(then=Organisation.objects.count)

    assert connection.pool.get_stats()["requests_num"] == asked
    assert connection.connection is None
    assert Organisation.objects.count() == 0
    assert connection.get_autocommit()


@pytest.mark.postgresql
def test_broken_connections_are_passed_over_at_once(transactional_db, monkeypatch):
    monkeypatch.setattr("psycopg_pool.pool.sleep", pytest.fail)
    together = threading.Barrier(CONNECTIONS)
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(lambda _: connect(together), range(CONNECTIONS)))
    connection.ensure_connection()
    connection.cursor().execute(END_OTHERS)
    connection.close()

    assert [is_usable() for _ in range(CONNECTIONS)] == [True] * CONNECTIONS


def connect(together):
    connection.ensure_connection()
    together.wait()
    connection.close()


def is_usable():
    connection.ensure_connection()
    return connection.is_usable()


@pytest.mark.postgresql
def test_nobody_waits_when_the_time_is_over(late):
    with pytest.raises(OperationalError, match="has not answered"):
        connection.cursor().execute("SELECT pg_sleep(3)")


@pytest.mark.postgresql
def test_what_comes_at_once_is_taken_late_as_well(late):
    cursor = connection.cursor()

    cursor.execute("SELECT 7")

    assert cursor.fetchone() == (7,)


@pytest.mark.postgresql
def test_nobody_waits_for_a_connection_when_the_time_is_over(late, monkeypatch):
    connection.close()
    tried = []

    with monkeypatch.context() as patch:
        patch.setattr(connection.pool, "_getconn_unchecked", nothing_after(tried))
        with pytest.raises(OperationalError, match="couldn't get a connection"):
            connection.ensure_connection()

    assert len(tried) == 1


def nothing_after(tried):
    """Return a pool's way to a connection, which leads nowhere."""
    from psycopg_pool import PoolTimeout  # noqa: PLC0415 -- of one database only

    def get(_timeout):
        tried.append(None)
        raise PoolTimeout

    return get


@pytest.mark.postgresql
def test_a_connection_is_asked_for_again_while_there_is_time(
    transactional_db, monkeypatch
):
    connection.close()
    usual, tried = connection.pool._getconn_unchecked, []
    nothing = nothing_after(tried)

    def get(timeout):
        return usual(timeout) if len(tried) == 3 else nothing(timeout)

    monkeypatch.setattr(connection.pool, "_getconn_unchecked", get)
    connection.ensure_connection()

    assert connection.is_usable()
