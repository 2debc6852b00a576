"""A database that stands behind PgBouncer, in transaction mode.

`make faults` has a portal, gateways and a script at work through it.
"""

import os
import re
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.db.utils import ConnectionHandler

from config.environment import Environment
from gateway.verify import invalidation, lookups
from tests import pgbouncer, postgresql
from tests.installation import PROJECT


@pytest.fixture
def pooled(transactional_db, monkeypatch):
    """Django's connections to the tests' database, through a pooler."""
    name = connection.settings_dict["NAME"]
    host = psycopg.conninfo.conninfo_to_dict(os.environ[postgresql.ADDRESS])["host"]
    with pgbouncer.in_front_of(Path(host, ".s.PGSQL.5432"), name) as pooler:
        monkeypatch.setenv("POOLED_URL", pooler.url)
        settings = Environment(Path("/dev/null")).database(
            "POOLED_URL", "unused", 2, pooled=True
        )
        settings["OPTIONS"].pop("pool")
        handler = ConnectionHandler({"default": settings})
        yield handler
        handler.close_all()


@pytest.mark.postgresql
@pytest.mark.skipif(pgbouncer.PROGRAM is None, reason="needs pgbouncer")
def test_nothing_of_a_session_is_relied_on(pooled, monkeypatch):
    behind = pooled["default"]
    monkeypatch.setattr(lookups, "connections", pooled)
    monkeypatch.setattr(invalidation, "connection", behind)

    with behind.cursor() as cursor:
        for _ in range(7):  # psycopg itself would prepare the sixth.
            cursor.execute("SELECT count(*) FROM accounts_organisation")
            assert cursor.fetchone() == (0,)
    assert behind.connection.prepare_threshold is None
    behind.close()

    lookups.connect_directly()
    hurried = pooled["default"]
    assert hurried is not behind
    with hurried.cursor() as asking:
        asking.execute("SELECT 1")
        assert asking.fetchone() == (1,)
    hurried.close()

    watching = invalidation.open_connection()
    assert watching.execute(invalidation.STATE).fetchone()
    watching.close()


def test_the_papers_say_what_is_set_for_the_role():
    paper = (PROJECT / "docs" / "operating.md").read_text()

    said = re.findall(r"ALTER ROLE tollgate SET (\w+) = '?(\w+)'?;", paper)

    assert dict(said) == pgbouncer.OF_THE_ROLE
