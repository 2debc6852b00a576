"""How long who asks waits for the database, and what connections that takes."""

import sqlite3
import threading

import pytest
from django.db import OperationalError, connection

from accounts.postgresql import pulse
from gateway.verify import lookups
from gateway.verify.lookups import InCallingThread, InThreadPool, take_time
from tests.waiting import PATIENCE_SECONDS

FOR_EVER = f"SELECT pg_sleep({PATIENCE_SECONDS})"


def busy_timeout(database=connection):
    return database.connection.execute("PRAGMA busy_timeout").fetchone()[0]


def wait(_database, over):
    over.wait()


@pytest.mark.sqlite
def test_a_question_does_not_wait_for_locks_as_long_as_a_page(db):
    here = InCallingThread()

    assert here(busy_timeout) == 250
    assert here(busy_timeout) == 250
    # As at every page and call that this thread serves.
    take_time()

    assert busy_timeout() == 10_000
    take_time()
    assert busy_timeout() == 10_000


@pytest.mark.sqlite
def test_a_page_in_the_same_thread_takes_its_time_again(client, db):
    InCallingThread()(busy_timeout)

    client.get("/livez")

    assert busy_timeout() == 10_000


def test_nobody_waits_longer_for_an_answer_than_is_promised(monkeypatch):
    monkeypatch.setattr(lookups, "connect_directly", lambda: None)
    monkeypatch.setattr(lookups, "LOOKUP_SECONDS", 0.05)
    over, asker = threading.Event(), InThreadPool()

    with pytest.raises(OperationalError, match="does not answer"):
        asker(wait, over)
    over.set()
    monkeypatch.setattr(lookups, "LOOKUP_SECONDS", PATIENCE_SECONDS)

    assert asker(lambda _: "answer") == "answer"


def test_what_was_not_asked_in_time_is_not_asked_at_all(monkeypatch):
    monkeypatch.setattr(lookups, "connect_directly", lambda: None)
    monkeypatch.setattr(lookups, "LOOKUP_SECONDS", 0.05)
    over, asked, asker = threading.Event(), [], InThreadPool()
    for _ in range(lookups.LOOKUPS_AT_ONCE):
        with pytest.raises(OperationalError):
            asker(wait, over)

    with pytest.raises(OperationalError):
        asker(lambda _: asked.append("late"))
    over.set()
    asker._threads.shutdown()

    assert asked == []


@pytest.mark.postgresql
def test_threads_that_ask_keep_a_connection_of_their_own_that_gives_up(
    transactional_db, monkeypatch
):
    patience = lookups.DIRECTLY["patience"]
    # On a busy machine the first answers may take longer than gateways wait for one.
    monkeypatch.setitem(lookups.DIRECTLY, "patience", PATIENCE_SECONDS)

    def sleep():
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            limit = cursor.fetchone()[0]
            cursor.execute("SET statement_timeout = 0")
        kept = connection.connection
        kept.patience = patience
        try:
            with connection.cursor() as cursor:
                cursor.execute(FOR_EVER)
        except OperationalError as error:
            return limit, connection.pool, kept.closed, str(error)
        finally:
            connection.close()

    found = []
    thread = threading.Thread(
        target=lambda: (lookups.connect_directly(), found.append(sleep()))
    )
    thread.start()
    thread.join()

    limit, pool, closed, error = found[0]
    assert (patience, limit, pool, closed) == (0.25, "300ms", None, True)
    assert "has not answered for" in error


@pytest.mark.postgresql
def test_threads_that_ask_leave_their_connections_with_their_era(
    transactional_db, monkeypatch
):
    def process(database):
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return cursor.fetchone()[0]

    found = []

    monkeypatch.setitem(lookups.DIRECTLY, "patience", PATIENCE_SECONDS)

    def run():
        lookups.connect_directly()
        found.extend([lookups.ask_the_present(process) for _ in range(2)])
        with monkeypatch.context() as later:
            later.setattr(pulse, "era", pulse.era + 1)
            found.append(lookups.ask_the_present(process))
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    before, again, after = found
    assert before == again != after


@pytest.mark.sqlite
def test_a_locked_file_is_soon_told(tmp_path, settings, monkeypatch):
    file = tmp_path / "db.sqlite3"
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("CREATE TABLE t (x)")
    holder.execute("BEGIN EXCLUSIVE")
    other = sqlite3.connect(file, timeout=10)
    monkeypatch.setattr(connection, "ensure_connection", lambda: None)
    monkeypatch.setattr(connection, "connection", other)

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        InCallingThread()(lambda _: other.execute("SELECT * FROM t"))

    connection.hurried = None
    holder.close()
    other.close()
