import logging
import sqlite3
from dataclasses import replace

import pytest
from django.db import connection

from accounts.audit.generations import note_change, slot_of
from accounts.postgresql import pulse
from gateway.verify.invalidation import (
    AWAY_SECONDS,
    PostgreSQL,
    Snapshot,
    Watcher,
    end_era,
    open_connection,
)
from tests.gateway.conftest import SameConnection


class Broken:
    closed = False

    def execute(self, query):
        raise connection.Database.OperationalError("gone")

    def close(self):
        Broken.closed = True


@pytest.mark.parametrize(
    ("snapshot", "away"),
    [
        (Snapshot(), False),
        (Snapshot(seen_at=10.0), False),
        (Snapshot(seen_at=10.0, failed=True), True),
        (Snapshot(failed=True), True),
        (Snapshot(seen_at=10.0 - AWAY_SECONDS), True),
    ],
)
def test_when_the_database_counts_as_away(snapshot, away):
    assert snapshot.is_away(10.1) == away


def test_polling_sees_what_was_counted(db):
    watcher = Watcher(connect=SameConnection)
    watcher.poll()
    before = watcher.snapshot

    note_change(7)
    watcher.poll()

    slot = slot_of(7)
    numbers = zip(before.numbers, watcher.snapshot.numbers, strict=True)
    assert [at for at, (then, now) in enumerate(numbers) if then != now] == [slot]
    assert watcher.snapshot.total != before.total
    assert watcher.snapshot.seen_at >= before.seen_at


def test_what_was_seen_stays_when_the_database_goes_away(db, caplog):
    note_change(7)
    watcher = Watcher(connect=SameConnection)
    watcher.poll()
    before = watcher.snapshot
    watcher._connection = Broken()

    with caplog.at_level(logging.ERROR):
        watcher.poll()
    watcher._connection = Broken()
    watcher.poll()

    assert watcher.snapshot == replace(before, failed=True)
    assert Broken.closed
    # Once for the whole time away.
    assert caplog.text.count("cannot reach the database: gone") == 1

    watcher.poll()
    assert not watcher.snapshot.failed


def test_a_database_that_cannot_be_reached_is_away():
    def refuse():
        raise connection.Database.OperationalError("refused")

    watcher = Watcher(connect=refuse)

    watcher.poll()

    assert watcher.snapshot == Snapshot(failed=True)


@pytest.mark.sqlite
def test_its_own_connection_sees_what_is_committed(tmp_path, monkeypatch):
    file = tmp_path / "db.sqlite3"
    with sqlite3.connect(file) as made:
        made.execute("CREATE TABLE accounts_generation (slot, number)")
        made.execute("INSERT INTO accounts_generation VALUES (3, 4)")
        made.execute("CREATE TABLE accounts_cryptokey (kid, purpose, retired_at)")
        made.execute("CREATE TABLE tokens_storedsecret (id, lookup, has_mac)")
        made.execute(
            "CREATE INDEX secret_without_mac ON tokens_storedsecret (id, lookup)"
            " WHERE has_mac = 0"
        )
    made.close()
    monkeypatch.setitem(connection.settings_dict, "NAME", str(file))
    watcher = Watcher()

    watcher.poll()
    watcher.close()

    assert watcher.snapshot.numbers[3] == 4


@pytest.mark.postgresql
def test_its_own_connection_gives_up_soon(transactional_db):
    with open_connection() as opened:
        timeout = opened.execute("SHOW statement_timeout").fetchone()

        assert timeout == ("500ms",)
        assert opened.autocommit
        assert opened.info.get_parameters()["tcp_user_timeout"] == "2000"


@pytest.mark.postgresql
def test_another_timeline_is_another_database(db):
    """As a replica is on that was promoted: nothing that was known holds there."""

    class Promoted(SameConnection):
        def execute(self, query):
            timeline = "left(pg_walfile_name(pg_current_wal_lsn()), 8)"
            return super().execute(query.replace(timeline, "'0000FFFF'"))

    snapshots = []
    for connect in (SameConnection, SameConnection, Promoted):
        watcher = Watcher(connect)
        watcher.poll()
        snapshots.append(watcher.snapshot)
    before, again, after = snapshots

    assert (before.numbers, before.total) == (again.numbers, again.total)
    assert not any(map(int.__eq__, before.numbers, after.numbers))
    assert before.total != after.total


def test_an_era_ends_when_the_database_may_be_another_one(db):
    watcher = Watcher(SameConnection)
    watcher.poll()
    watcher.poll()
    assert watcher.snapshot.era == pulse.era
    era = pulse.era

    watcher._connection = Broken()
    watcher.poll()
    assert (pulse.era, watcher.snapshot.era) == (era, era)
    watcher.poll()
    assert (pulse.era, watcher.snapshot.era) == (era + 1, era + 1)


def test_what_is_newer_is_looked_at_over_a_connection_of_its_own(db):
    opened = []
    watcher = Watcher(lambda: opened.append(SameConnection()) or opened[-1])
    watcher.poll()
    era, pulse.is_overtaken = pulse.era, True

    watcher.poll()
    watcher.poll()

    assert len(opened) == 2
    assert (pulse.era, pulse.is_overtaken) == (era + 1, False)


@pytest.mark.postgresql
def test_no_connection_outlives_its_era_in_the_pool(transactional_db):
    def process():
        connection.ensure_connection()
        pid = connection.connection.info.backend_pid
        connection.close()
        return pid

    connection.close()
    before = {process() for _ in range(5)}
    end_era()
    after = {process() for _ in range(5)}

    assert not before & after


@pytest.mark.postgresql
def test_an_era_ends_when_another_database_answers_over_the_same_connection(db):
    class Pooler(SameConnection):
        timeline = "left(pg_walfile_name(pg_current_wal_lsn()), 8)"

        def execute(self, query):
            return super().execute(query.replace(Pooler.timeline, "'0000FFFF'"))

    watcher = Watcher(SameConnection)
    watcher.poll()
    era = pulse.era

    watcher._connection = Pooler()
    watcher.poll()

    assert (pulse.era, watcher.snapshot.era) == (era + 1, era + 1)


@pytest.mark.postgresql
def test_a_database_that_keeps_its_name_to_itself_is_watched_all_the_same(db, caplog):
    class Hosted(SameConnection):
        def execute(self, query):
            if "pg_control_system" in query:
                raise connection.Database.errors.InsufficientPrivilege("not yours")
            return super().execute(query)

    watcher = Watcher(Hosted)
    watcher.poll()
    note_change(7)
    before = watcher.snapshot
    watcher.poll()

    assert not watcher.snapshot.failed
    assert watcher.snapshot.total != before.total
    assert "does not tell which one it is: not yours" in caplog.text


@pytest.mark.postgresql
def test_a_standby_is_no_source_of_truth(db):
    class Standby(SameConnection):
        def execute(self, query):
            raise connection.Database.errors.ObjectNotInPrerequisiteState("recovery")

    watcher = Watcher(Standby)

    watcher.poll()

    assert watcher.snapshot.failed


class Answering:
    """A connection to servers that answer by turns, each a name and a timeline."""

    def __init__(self, *servers):
        self._servers = iter(servers)

    def execute(self, query):
        return self

    def fetchone(self):
        return *next(self._servers), 0.0


def test_a_server_that_a_failover_left_behind_is_not_believed():
    answers = ("1", "00000001"), ("1", "00000002"), ("1", "00000001"), ("2", "00000001")
    opened = Answering(*answers)
    server = PostgreSQL(opened)

    identities = [server.look(opened)[0] for _ in range(2)]
    with pytest.raises(connection.Database.OperationalError, match="timeline 00000001"):
        server.look(opened)

    assert identities == [*answers[:2]]
    # Another database begins with timelines of its own.
    assert server.look(opened)[0] == answers[3]
