"""The index that finds tokens by a part of their name or note.

It is the database's own: trigrams (pg_trgm) in PostgreSQL, and in SQLite a table of FTS5
that triggers keep. A migration of SQLite may make the table of tokens anew, which loses
its triggers, and an extension of PostgreSQL may be allowed later: so `migrate` looks
after both each time. Without the index everything is found as before, only not as fast.
"""

import logging

from django.db import connections, transaction
from django.db.utils import Error

log = logging.getLogger(__name__)

# Shorter texts have no trigram.
LEAST = 3
# Above it, some of what was found is soon met in the list itself.
MOST = 5000
TABLE = "tokens_search"
TRIGGERS = {
    "tokens_search_added": (
        "AFTER INSERT ON tokens_token BEGIN "
        "INSERT INTO tokens_search(rowid, name_key, note_key) "
        "VALUES (new.id, new.name_key, new.note_key); END"
    ),
    "tokens_search_removed": (
        "AFTER DELETE ON tokens_token BEGIN "
        "INSERT INTO tokens_search(tokens_search, rowid, name_key, note_key) "
        "VALUES ('delete', old.id, old.name_key, old.note_key); END"
    ),
    # Uses are noted all the time, and change neither.
    "tokens_search_changed": (
        "AFTER UPDATE ON tokens_token "
        "WHEN old.name_key <> new.name_key OR old.note_key <> new.note_key BEGIN "
        "INSERT INTO tokens_search(tokens_search, rowid, name_key, note_key) "
        "VALUES ('delete', old.id, old.name_key, old.note_key); "
        "INSERT INTO tokens_search(rowid, name_key, note_key) "
        "VALUES (new.id, new.name_key, new.note_key); END"
    ),
}
# With positions, or what has the same trigrams elsewhere would be found as well: names
# with numbers in them have many of the same.
MAKE_TABLE = (
    "CREATE VIRTUAL TABLE tokens_search USING fts5(name_key, note_key, "
    "content='tokens_token', content_rowid='id', columnsize=0, "
    "tokenize='trigram case_sensitive 1')"
)
FIND = "SELECT rowid FROM tokens_search WHERE tokens_search MATCH %s LIMIT %s"
TRIGRAM_INDEXES = {
    f"token_{name}_trigrams": (
        f"CREATE INDEX IF NOT EXISTS token_{name}_trigrams ON tokens_token "
        f"USING gin ({name}_key gin_trgm_ops)"
    )
    for name in ("name", "note")
}
NOT_ALLOWED = (
    "Names and notes of tokens are searched without an index, which takes longer the more "
    "tokens there are: the extension pg_trgm of PostgreSQL is missing or may not be "
    "created by this user. Have it created, then run migrate again."
)


def provide(using="default", **_):
    """Make the index where there is none, or where a migration has lost its triggers."""
    connection = connections[using]
    # `migrate` may have been told to stop before there were tokens.
    if "tokens_token" in connection.introspection.table_names():
        provide_in(connection)


def provide_in(connection):
    if connection.vendor == "sqlite":
        _provide_fts5(connection)
    else:
        _provide_trigrams(connection)


def _provide_fts5(connection):
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE 'tokens_search%%'"
        )
        there = {name for (name,) in cursor.fetchall()}
        if {TABLE, *TRIGGERS} <= there:
            return
        if TABLE not in there:
            cursor.execute(MAKE_TABLE)
        for name in TRIGGERS.keys() - there:
            cursor.execute(f"CREATE TRIGGER {name} {TRIGGERS[name]}")
        cursor.execute("INSERT INTO tokens_search(tokens_search) VALUES ('rebuild')")


def _provide_trigrams(connection):
    try:
        with transaction.atomic(connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            for statement in TRIGRAM_INDEXES.values():
                cursor.execute(statement)
    except Error:
        log.warning(NOT_ALLOWED)


def rows_with(key, connection):
    """Return the ids of the tokens that have a text, or None to read them all.

    PostgreSQL uses its index by itself.
    """
    if connection.vendor != "sqlite" or len(key) < LEAST:
        return None
    with connection.cursor() as cursor:
        phrase = '"{}"'.format(key.replace('"', '""'))
        cursor.execute(FIND, [phrase, MOST + 1])
        found = [pk for (pk,) in cursor.fetchall()]
    return found if len(found) <= MOST else None
