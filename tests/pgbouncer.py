"""Debian's PgBouncer in transaction mode, in front of a PostgreSQL of a test's own."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path

import psycopg

from tests import postgresql
from tests.installation import free_port
from tests.waiting import PATIENCE_SECONDS, wait_until

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH')}:/usr/sbin")
# Nothing is ignored that a session begins with, and few connections serve many.
CONFIGURATION = """
[databases]
* = host={socket}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 6
max_client_conn = 500
query_wait_timeout = 2
server_login_retry = 1
"""
# As docs/operating.md says it.
OF_THE_ROLE = {
    "synchronous_commit": "on",
    "statement_timeout": "5s",
    "lock_timeout": "1200ms",
    "idle_in_transaction_session_timeout": "10s",
}


class Pooler:
    """A PgBouncer that can be killed and started again at its port."""

    def __init__(self, socket, folder, name="postgres"):
        self.port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/{name}"
        # Who runs the server may, and it refuses to run as root.
        self._user = socket.owner()
        self._path = folder / "pgbouncer.ini"
        self._process = None
        (folder / "users").write_text('"postgres" ""\n')
        self._path.write_text(
            CONFIGURATION.format(socket=socket.parent, port=self.port, folder=folder)
        )
        folder.chmod(0o755)

    def start(self):
        user = [] if self._user == getuser() else ["-u", self._user]
        self._process = subprocess.Popen(
            [PROGRAM, "-q", *user, self._path], stderr=subprocess.DEVNULL
        )
        wait_until(self._answers)

    def kill(self):
        self._process.kill()
        self._process.wait(PATIENCE_SECONDS)

    def _answers(self):
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def in_front_of(socket, name="postgres"):
    """A Pooler in front of the server that listens at a socket."""
    with tempfile.TemporaryDirectory(prefix="tollgate-pgbouncer-") as folder:
        pooler = Pooler(socket, Path(folder), name)
        pooler.start()
        try:
            yield pooler
        finally:
            pooler.kill()


@contextmanager
def with_a_server():
    """A server whose role has its limits, and the Pooler in front of it."""
    with postgresql.separate() as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in OF_THE_ROLE.items():
                connection.execute(f"ALTER ROLE postgres SET {name} = '{value}'")
        with in_front_of(postgresql.socket_of(server)) as pooler:
            yield server, pooler
