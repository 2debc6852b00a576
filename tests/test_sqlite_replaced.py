"""A file of SQLite's that is taken away, or replaced, while a server uses it."""

import shutil
from urllib.error import HTTPError

import pytest
from django.db import OperationalError, connections, transaction

from config.databases import SQLITE_OPTIONS
from config.sqlite3 import base
from tests.installation import Installation

pytestmark = pytest.mark.sqlite

WRITE = "INSERT INTO a VALUES (1)"
SAID = "was replaced or deleted. Nothing is read from it or written to it any more"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tollgate.sqlite3"


@pytest.fixture
def connect(path, monkeypatch, django_db_blocker):
    """Open the database as the portal does; returns Django's connection."""
    monkeypatch.setattr(base, "same_file", base.SameFile())
    opened = []

    def act():
        made = connections.create_connection("default")
        made.settings_dict = made.settings_dict | {
            "NAME": path,
            "OPTIONS": SQLITE_OPTIONS,
        }
        opened.append(made)
        return made

    with django_db_blocker.unblock():
        with act().cursor() as cursor:
            cursor.execute("CREATE TABLE a (b)")
        yield act
        for connection in opened:
            connection.close()


def delete(path):
    path.unlink()


def replace(path):
    shutil.copy(path, path.with_suffix(".new")).replace(path)


def execute(connection, statement=WRITE):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("mishap", [delete, replace])
def test_what_was_opened_before_is_used_no_longer(connect, path, mishap, caplog):
    before = connect()
    execute(before)

    mishap(path)

    for statement in (WRITE, "SELECT * FROM a", "BEGIN"):
        with pytest.raises(OperationalError, match=base.GONE):
            execute(before, statement)
    with pytest.raises(OperationalError, match=base.GONE):
        before.fetched("SELECT * FROM a", [])
    # Nor does anybody lay an empty one in its place.
    with pytest.raises(OperationalError, match=base.GONE):
        execute(connect())
    assert caplog.text.count(SAID) == 1
    assert path.exists() == (mishap is replace)


def test_a_file_that_comes_back_is_used_again(connect, path, caplog):
    connection = connect()
    execute(connection)
    away = path.with_suffix(".away")
    for _ in range(2):
        path.rename(away)
        with pytest.raises(OperationalError, match=base.GONE):
            execute(connection)
        away.rename(path)
        execute(connection)

    assert caplog.text.count(SAID) == 2


def test_a_change_is_not_acknowledged_when_the_file_goes_in_the_middle(
    connect, path, monkeypatch
):
    connection = connect()
    monkeypatch.setattr(transaction, "get_connection", lambda using=None: connection)

    def change():
        with transaction.atomic():
            execute(connection)
            delete(path)

    with pytest.raises(OperationalError, match=base.GONE):
        change()


def test_a_server_is_not_ready_and_changes_nothing(tmp_path, migrated):
    installation = Installation.like(migrated, tmp_path)
    status = installation.status

    with installation.running():
        browser, _ = installation.browser()
        form = installation.login_form(browser, "nobody@acme.example", "wrong")
        assert status("/readyz") == 200
        replace(installation.database)

        assert status("/readyz") == 503
        # Which would count the try.
        with pytest.raises(HTTPError) as refusal:
            browser.open(form)
        with refusal.value:
            assert refusal.value.code == 503
        assert status("/livez") == 200
