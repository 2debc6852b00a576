"""Whoever else has a login on the machine cannot read the database."""

import os
import stat

import pytest
from django.db import connections

from config.databases import SQLITE_OPTIONS
from config.sqlite3.base import shut

pytestmark = pytest.mark.sqlite


@pytest.fixture(params=[0o000, 0o022, 0o077])
def _umask(request):
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def connect(tmp_path):
    """Open a database as the portal does; returns the connection."""
    opened = []

    def act(name="tollgate.sqlite3"):
        wrapper = connections.create_connection("default")
        wrapper.settings_dict = wrapper.settings_dict | {
            "NAME": tmp_path / name,
            "OPTIONS": SQLITE_OPTIONS,
        }
        parameters = wrapper.get_connection_params()
        opened.append(wrapper.get_new_connection(parameters))
        return opened[-1]

    yield act
    for connection in opened:
        connection.close()


def modes(folder):
    return {
        file.name: stat.S_IMODE(file.stat().st_mode)
        for file in folder.iterdir()
        if file.is_file()
    }


@pytest.mark.usefixtures("_umask")
def test_new_files_are_their_owners_alone(connect, tmp_path):
    connect().execute("CREATE TABLE a (b)")

    names = ("tollgate.sqlite3", "tollgate.sqlite3-shm", "tollgate.sqlite3-wal")
    assert modes(tmp_path) == dict.fromkeys(names, 0o600)


def test_a_rollback_journal_is_its_owners_alone(connect, tmp_path):
    database = connect()
    database.execute("PRAGMA journal_mode=DELETE")
    database.execute("BEGIN IMMEDIATE")
    database.execute("CREATE TABLE a (b)")

    assert modes(tmp_path)["tollgate.sqlite3-journal"] == 0o600
    database.execute("ROLLBACK")


def test_files_of_an_older_installation_are_shut_at_the_start(connect, tmp_path):
    connect().execute("CREATE TABLE a (b)")
    for file in tmp_path.iterdir():
        file.chmod(0o664)
    (tmp_path / "tollgate.sqlite3-journal").touch(0o644)

    connect()

    assert set(modes(tmp_path).values()) == {0o600}


def test_a_link_leads_to_a_file_of_its_owner_alone(connect, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere" / "db")

    connect("link").execute("CREATE TABLE a (b)")

    assert set(modes(tmp_path / "elsewhere").values()) == {0o600}


def test_what_is_no_database_keeps_its_mode(connect, tmp_path):
    folder, file = tmp_path / "folder", tmp_path / "another program's"
    folder.mkdir(0o755)
    file.write_text("root:x:0:0:root:/root:/bin/bash\n" * 100)
    file.chmod(0o644)

    for each in (folder, file):
        with pytest.raises(connections["default"].Database.DatabaseError):
            connect(each.name)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert modes(tmp_path) == {file.name: 0o644}


def test_a_device_keeps_its_mode(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o640)

    shut(str(pipe))

    assert stat.S_IMODE(pipe.stat().st_mode) == 0o640
