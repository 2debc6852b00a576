"""Who waits for SQLite's lock waits no longer than the request has time."""

import pytest
from django.db import connections

from accounts import deadline
from accounts.deadline import request_deadline
from config.databases import SQLITE_OPTIONS

NOW = 1000.0
USUAL = SQLITE_OPTIONS["timeout"] * 1000

pytestmark = pytest.mark.sqlite


@pytest.fixture
def file(tmp_path, monkeypatch, django_db_blocker):
    """A database of its own in a file, as the portal opens it."""
    monkeypatch.setattr(deadline.time, "monotonic", lambda: NOW)
    wrapper = connections.create_connection("default")
    wrapper.settings_dict = wrapper.settings_dict | {
        "NAME": tmp_path / "tollgate.sqlite3",
        "OPTIONS": SQLITE_OPTIONS,
    }
    with django_db_blocker.unblock():
        wrapper.cursor().execute("CREATE TABLE note (text)")
        yield wrapper
        wrapper.close()


def insert(file):
    file.cursor().execute("INSERT INTO note VALUES ('x')")


def begin(file):
    file.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    file.rollback()
    file.set_autocommit(True)


def patience_of(file):
    return file.connection.execute("PRAGMA busy_timeout").fetchone()[0]


@pytest.mark.parametrize("change", [insert, begin])
@pytest.mark.parametrize(
    ("late", "left"), [(0.0, 1600), (1.0, 600), (60.0, 0), (-60.0, USUAL)]
)
def test_patience_is_what_is_left_of_the_request(file, change, late, left):
    with request_deadline.running("POST", NOW - late):
        change(file)

    assert patience_of(file) == left


def test_patience_is_said_again_once_it_is_another_one(file):
    said = []
    file.connection.set_trace_callback(said.append)
    for late in (0.0, 0.05, 1.0):
        with request_deadline.running("POST", NOW - late):
            insert(file)

    patience = [each for each in said if "busy_timeout" in each]
    assert patience == [f"PRAGMA busy_timeout = {each}" for each in (1600, 1500, 600)]
    with request_deadline.running("POST", NOW - 1.05):
        insert(file)
    with request_deadline.running("POST", NOW - 1.09):
        insert(file)

    assert len([each for each in said if "busy_timeout" in each]) == 4


@pytest.mark.parametrize("change", [insert, begin])
def test_who_has_no_deadline_has_the_usual_patience(file, change):
    change(file)

    assert patience_of(file) == USUAL
