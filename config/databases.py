"""How each database is talked to."""

# IMMEDIATE is the write lock: with Django's default a transaction that reads first
# and writes later fails as "database is locked" when another one writes.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 10,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}
POSTGRESQL_OPTIONS = {
    "connect_timeout": 2,
    # A replica knows changes late, and one that was left behind never.
    "target_session_attrs": "primary",
    # A server that vanished without a word is found out over TCP within ten seconds,
    # twice as long as a statement may take, and not after a quarter of an hour.
    "tcp_user_timeout": 10_000,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "options": (
        "-c synchronous_commit=on -c statement_timeout=5000 -c lock_timeout=1200"
        " -c idle_in_transaction_session_timeout=10000"
    ),
}


def sqlite(checkpoint_pages):
    """Return Django's settings for a file, but for its name."""
    pragmas = SQLITE_OPTIONS["init_command"]
    pragmas += f" PRAGMA wal_autocheckpoint={checkpoint_pages};"
    return {
        "ENGINE": "config.sqlite3",
        "OPTIONS": SQLITE_OPTIONS | {"init_command": pragmas},
        # A file does not drop connections, and to open one costs more than to read.
        "CONN_MAX_AGE": None,
    }


def postgresql(given, connections, *, pooled):
    """Return Django's settings for a server, but for its address; options `given` go first."""
    pool = {"min_size": 1, "max_size": connections}
    options = {"pool": pool} | POSTGRESQL_OPTIONS
    if pooled:
        # Refused at the start of a session; they are set for the role.
        del options["options"]
    return {
        "ENGINE": "accounts.postgresql",
        "OPTIONS": options | given,
        # They would live on a server's connection that others are given.
        "DISABLE_SERVER_SIDE_CURSORS": pooled,
        "CONN_HEALTH_CHECKS": True,
    }
