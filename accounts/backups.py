"""Copies of the database, made while the portal runs, and what is known of them.

Keys are in none: what is encrypted in the database is so in its copy.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from accounts.audit.anchors import heads
from accounts.snapshots import snapshot

NO_PROGRAM = (
    "{} is not installed: install PostgreSQL's client programs, of the server's version "
    "or newer (Debian and Ubuntu: postgresql-client)."
)


class BackupError(Exception):
    """No backup was made; the text is the sentence that the operator sees."""


def back_up(path):
    """Write the database to a file, and what is in it to a second one; returns that.

    Both are there whole or not at all, and for their owner alone. Raises BackupError.
    """
    notes = notes_of(path)
    for each in (path, notes):
        if each.exists():
            raise BackupError(f"{each} is there already: choose another name.")
    try:
        with whole(notes) as beside, whole(path) as part:
            contents = _copy(part) | _measure(part)
            beside.write_text(json.dumps(contents, indent=1) + "\n")
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}.") from error
    except sqlite3.Error as error:
        raise BackupError(f"{path} cannot be written: {error}.") from error
    return contents


def notes_of(path):
    """Return where it is said what is in a backup."""
    return path.with_name(f"{path.name}.json")


@contextmanager
def whole(path):
    """Give a file to write to, which has its name once all is written; raises OSError."""
    # Its mode is its owner's alone.
    file, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    os.close(file)
    part = Path(name)
    try:
        yield part
        _settle(part)
        # Nobody else's file of that name is replaced.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _settle(path.parent)


def _settle(path):
    """Have the disk keep a file, or the names in a folder."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _copy(part):
    with snapshot():
        contents = describe()
        COPIES[connection.vendor](part)
    return contents


def describe():
    """Return what the database holds: rows of each table, migrations, heads of chains."""
    now = timezone.now().isoformat(timespec="seconds")
    recorded = MigrationRecorder.Migration.objects.order_by("app", "name")
    return {
        "made_at": now,
        "database": connection.vendor,
        "migrations": dict(recorded.values_list("app", "name")),
        "rows": count_rows(),
        "anchors": [anchor.line for anchor in heads()],
    }


def count_rows():
    """Return how many rows each model has, by its name."""
    models = apps.get_models(include_auto_created=True)
    return {
        each._meta.label: each._base_manager.count()
        for each in models
        if each._meta.managed and not each._meta.proxy
    }


def _copy_sqlite(part):
    """Copy all pages at once: step by step, it would start over with each change."""
    with closing(sqlite3.connect(part)) as copy:
        connection.connection.backup(copy)
    with closing(sqlite3.connect(f"file:{part}?immutable=1", uri=True)) as copy:
        if found := damage(copy):
            raise BackupError(f"The copy is damaged: {found}.")


def damage(database):
    """Return the first thing that SQLite finds wrong with a database, or an empty text."""
    ((said,), *_) = database.execute("PRAGMA integrity_check").fetchall()
    if said != "ok":
        return said.splitlines()[0]
    for table, row, parent, _ in database.execute("PRAGMA foreign_key_check"):
        return f"row {row} of {table} refers to no row of {parent}"
    return ""


def _copy_postgresql(part):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (name,) = cursor.fetchone()
    _run("pg_dump", "--format=custom", f"--snapshot={name}", f"--file={part}")
    # Reads all of it.
    _run("pg_restore", f"--file={os.devnull}", str(part), of_database=False)


def _run(program, *options, of_database=True):
    """Run a program of PostgreSQL's; the password is in its environment only."""
    if not (found := shutil.which(program)):
        raise BackupError(NO_PROGRAM.format(program))
    environment = dict(os.environ)
    if of_database:
        info = connection.connection.info
        options = "--no-password", f"--dbname={_place(info)}", *options
        environment["PGPASSWORD"] = info.password
    done = subprocess.run(  # noqa: S603 -- PostgreSQL's own, no shell
        [found, *options], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise BackupError(f"{program} failed: {lines[-1]}")


def _place(info):
    """Return where a connection leads to, by what it was told itself.

    psycopg's libpq tells of more, such as sslcertmode, which older programs refuse.
    """
    given = connection.get_connection_params()
    told = info.get_parameters().items()
    return make_conninfo(**{name: value for name, value in told if name in given})


COPIES = {"sqlite": _copy_sqlite, "postgresql": _copy_postgresql}


def _measure(part):
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": part.stat().st_size, "sha256": digest}


def read_notes(path):
    """Return what was said of a backup; raises BackupError."""
    try:
        notes = json.loads(Path(path).read_text())
        return {name: notes[name] for name in ("made_at", "rows", "anchors", "sha256")}
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError):
        raise BackupError(f"{path} is not what `backup` writes beside one.") from None


def is_unchanged(database, notes):
    """Whether a database of SQLite's is the very file that `back_up` has made and checked.

    It must not be in use meanwhile; its connection is closed.
    """
    if database.is_in_memory_db():
        return False
    # Whoever closes a file drops the locks that its process has on it.
    database.close()
    path = Path(database.settings_dict["NAME"])
    if _size(Path(f"{path}-wal")):
        return False
    return _measure(path)["sha256"] == notes["sha256"]


def _size(path):
    return path.stat().st_size if path.exists() else 0
