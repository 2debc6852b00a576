"""A database in which every migration ran, made by the first process that needs one.

The others copy it: to migrate takes seconds of each process of each test run.
"""

import fcntl
import hashlib
import shutil
import sqlite3
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from unittest import mock

import psycopg
from django.apps import apps
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
def separate_server(migrate):
    """Run a PostgreSQL for one test alone, in whose database every migration ran.

    `migrate` is called with its URL where no process has migrated one yet.
    """
    data = FOLDER / f"{_key()}.postgresql"
    with _alone():
        if not data.exists():
            _make_data(data, migrate)
    with postgresql.separate(data) as server:
        yield server


def database_of_its_own(name, migrate):
    """Make a database in the run's PostgreSQL in which every migration ran; return its URL.

    `migrate` is called with that where no process has migrated one there yet.
    """
    server = postgresql.address()
    url = server.replace("/postgres?", f"/{name}?")
    template = template_name()
    with _alone(), psycopg.connect(server, autocommit=True) as connection:
        known = connection.execute("SELECT datname FROM pg_database").fetchall()
        if (template,) not in known:
            connection.execute(f"CREATE DATABASE {template}")
            migrate(server.replace("/postgres?", f"/{template}?"))
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return url


def template_name():
    return f"template_{_key()}"


def _make_data(data, migrate):
    for old in FOLDER.glob("*.postgresql*"):
        shutil.rmtree(old)
    unfinished = data.with_suffix(".postgresql.unfinished")
    with postgresql.separate() as server:
        migrate(server.get_uri())
        postgresql.stop(server)
        postgresql.copy_data(server.pgdata, unfinished)
    unfinished.rename(data)


@contextmanager
def _alone():
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _key():
    """Return what changes whenever migrations, models or their packages change."""
    found = hashlib.sha256(repr([version(each) for each in PACKAGES]).encode())
    ours = (config.path for config in apps.get_app_configs())
    folders = [Path(each) for each in ours if PROJECT in Path(each).parents]
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
    """One in the same server, which copies whole databases by itself."""

    def __init__(self):
        self.name = template_name()
        self.tests = connection.settings_dict["NAME"]

    def is_there(self):
        with connection.creation._nodb_cursor() as cursor:
            asked = "SELECT 1 FROM pg_database WHERE datname = %s"
            cursor.execute(asked, [self.name])
            return cursor.fetchone() is not None

    def copy(self):
        leave()
        with connection.creation._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {self.tests}")
            cursor.execute(f"CREATE DATABASE {self.tests} TEMPLATE {self.name}")

    def keep(self):
        leave()
        with connection.creation._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {self.name} TEMPLATE {self.tests}")


def leave():
    """Close every connection: one to a database that is copied would stand against it."""
    connection.close()
    connection.close_pool()


VENDORS = {"sqlite": OfSQLite, "postgresql": OfPostgreSQL}
