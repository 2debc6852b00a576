"""`DATABASE_URL` with several hosts: whichever of them is the primary is asked."""

from contextlib import ExitStack

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from config.environment import Environment
from tests import postgresql
from tests.relay import Relay

QUESTION = "SELECT pg_is_in_recovery(), current_setting('data_directory')"

pytestmark = pytest.mark.postgresql


@pytest.fixture
def servers():
    with postgresql.separate() as primary, postgresql.replica(primary) as replica:
        yield primary, replica


@pytest.fixture
def database(servers, django_db_blocker, monkeypatch, tmp_path):
    """Return a connection of Django's, as settings have it, with the replica named first."""
    primary, replica = servers
    with ExitStack() as stack:
        hosts = ",".join(
            f"127.0.0.1:{stack.enter_context(to(server)).port}"
            for server in (replica, primary)
        )
        monkeypatch.setenv("URL", f"postgres://postgres@{hosts}/postgres")
        found = Environment(tmp_path / "none").database("URL", "unused", 2)
        # It would be tried again for half a minute.
        del found["OPTIONS"]["pool"]
        connection = ConnectionHandler({"default": found})["default"]
        stack.callback(connection.close)
        stack.enter_context(django_db_blocker.unblock())
        yield connection


def to(server):
    return Relay(str(postgresql.socket_of(server))).running()


def asked(database):
    """Return where a new connection leads."""
    database.close()
    with database.cursor() as cursor:
        cursor.execute(QUESTION)
        return cursor.fetchone()


def test_a_replica_is_passed_over_until_it_takes_over(servers, database):
    primary, replica = servers
    assert asked(database) == (False, str(primary.pgdata))

    postgresql.crash(primary)
    with pytest.raises(OperationalError):
        asked(database)
    postgresql.promote(replica)

    assert asked(database) == (False, str(replica.pgdata))
