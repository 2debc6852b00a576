"""A database in which every migration ran, made by the first process that needs one.

The others copy it: to migrate takes seconds of each process of each test run.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from unittest import mock

import psycopg
from django.core import management
from django.db import connection

from tests import postgresql

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / ".pytest_cache" / "templates"
# Where apps with tables come from.
PACKAGES = "django", "django-allauth"
really_call = management.call_command


@contextmanager
def instead_of_migrations():
    with mock.patch.object(management, "call_command", _call_command):
        yield


def _call_command(name, *arguments, **options):
    if name != "migrate":
        return really_call(name, *arguments, **options)
    with _alone():
        template = VENDORS[connection.vendor]()
        if template.is_there():
            return template.copy()
        really_call(name, *arguments, **options)
        return template.keep()


def lay_down(path, migrate):
    """Make a file of SQLite's; `migrate` is called where no process has migrated yet."""
    with _alone(), closing(sqlite3.connect(path)) as file:
        template = OfSQLite(file)
        if template.is_there():
            return template.copy()
        migrate()
        return template.keep()


@contextmanager
def separate_server():
    """Run a PostgreSQL for one test alone, in whose database every migration ran."""
    with postgresql.separate(migrated_data()) as server:
        yield server


def migrated_data():
    """Return the data of a PostgreSQL in whose database every migration ran."""
    data = FOLDER / f"{_key()}.postgresql"
    with _alone("postgresql.lock"):
        if not data.exists():
            _make_data(data)
    return data


def database_of_its_own(name):
    """Make a database in the run's PostgreSQL in which every migration ran; return its URL."""
    server = os.environ[postgresql.ADDRESS]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {postgresql.MIGRATED}")
    return server.replace("/postgres?", f"/{name}?")


def _make_data(data):
    for old in FOLDER.glob("*.postgresql*"):
        shutil.rmtree(old)
    unfinished = data.with_suffix(".postgresql.unfinished")
    with postgresql.separate(keep_at=unfinished) as server:
        _migrate(server.get_uri())
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(
                f"CREATE DATABASE {postgresql.MIGRATED} TEMPLATE postgres"
            )
    unfinished.rename(data)


def _migrate(url):
    command = sys.executable, "manage.py", "migrate", "-v0"
    environment = os.environ | {"DATABASE_URL": url}
    done = subprocess.run(
        command,
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def _alone(name="lock"):
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _key():
    """Return what changes whenever migrations, models or their packages change."""
    found = hashlib.sha256(repr([version(each) for each in PACKAGES]).encode())
    folders = [each.parent for each in PROJECT.glob("*/apps.py")]
    for path in sorted(path for each in folders for path in each.rglob("*.py")):
        found.update(f"{path}\0".encode() + path.read_bytes())
    return found.hexdigest()[:32]


class OfSQLite:
    def __init__(self, database=None):
        self.file = FOLDER / f"{_key()}.sqlite3"
        self.database = database or _opened()

    def is_there(self):
        return self.file.exists()

    def copy(self):
        with closing(sqlite3.connect(self.file)) as template:
            template.backup(self.database)

    def keep(self):
        for old in FOLDER.glob("*.sqlite3"):
            old.unlink()
        unfinished = self.file.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        with closing(sqlite3.connect(unfinished)) as template:
            self.database.backup(template)
        unfinished.rename(self.file)


def _opened():
    connection.ensure_connection()
    return connection.connection


class OfPostgreSQL:
    """One that the server began with, which copies whole databases by itself."""

    def __init__(self):
        self.tests = connection.settings_dict["NAME"]

    def is_there(self):
        return True

    def copy(self):
        leave()
        with connection.creation._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {self.tests}")
            template = postgresql.MIGRATED
            cursor.execute(f"CREATE DATABASE {self.tests} TEMPLATE {template}")


def leave():
    """Close every connection: one to a database that is copied would stand against it."""
    connection.close()
    connection.close_pool()


VENDORS = {"sqlite": OfSQLite, "postgresql": OfPostgreSQL}
