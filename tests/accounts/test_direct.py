"""Statements that go to the driver without a cursor of Django's: nobody can tell."""

import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    connection,
    connections,
    transaction,
)

from accounts import direct
from tests.factories import TokenFactory

NAMES = "SELECT name FROM tokens_token WHERE id = %s"
RENAME = "UPDATE tokens_token SET name = %s WHERE id = %s"


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Shipper")


@pytest.fixture
def cursors(monkeypatch):
    """How many cursors Django makes."""
    made, make = [], type(connections["default"]).create_cursor

    def note(database, name=None):
        made.append(name)
        return make(database, name)

    monkeypatch.setattr(type(connections["default"]), "create_cursor", note)
    return made


def test_a_statement_in_a_transaction_needs_no_cursor(token, cursors):
    assert direct.change(RENAME, ["100 % new", token.pk]) == 1
    assert direct.rows(NAMES, [token.pk]) == [("100 % new",)]
    assert direct.change(RENAME, ["Gone", 0]) == 0
    assert direct.rows(NAMES, [0]) == []

    assert cursors == []


def test_who_watches_statements_sees_these_as_well(token, django_assert_num_queries):
    seen = []

    def watch(execute, sql, *rest):
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        assert direct.rows(NAMES, [token.pk]) == [("Shipper",)]
        assert direct.change(RENAME, ["New", token.pk]) == 1
    with django_assert_num_queries(2):
        direct.rows(NAMES, [token.pk])
        direct.change(RENAME, ["Newer", token.pk])

    assert seen == [NAMES, RENAME]


def test_errors_are_djangos(token):
    taken = "INSERT INTO tokens_token (id) VALUES (%s)"
    for wrong in (IntegrityError, DatabaseError):
        statement = taken if wrong is IntegrityError else "SELECT nothing(%s)"
        for run in (direct.rows, direct.change):
            with pytest.raises(wrong), transaction.atomic():
                run(statement, [token.pk])


def test_a_transaction_that_failed_is_used_no_further(token):
    connection.needs_rollback = True
    try:
        with pytest.raises(transaction.TransactionManagementError):
            direct.rows(NAMES, [token.pk])
    finally:
        connection.needs_rollback = False


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_only_reading_is_direct(cursors):
    connection.ensure_connection()

    assert direct.rows(NAMES, [0]) == []
    assert cursors == []
    assert direct.change(RENAME, ["Gone", 0]) == 0
    assert len(cursors) == 1


def test_a_connection_is_made_by_django():
    database = direct.Direct()
    database.connection = None

    assert not database.goes_direct(NAMES)


@pytest.mark.parametrize(
    ("enabled", "done", "is_direct"),
    [(True, False, False), (True, True, True), (False, False, True)],
)
def test_a_connection_of_a_pool_is_looked_at_first(enabled, done, is_direct):
    database = direct.Direct()
    database.connection, database.execute_wrappers = object(), [object()]
    database.in_atomic_block = database.queries_logged = False
    database.health_check_enabled, database.health_check_done = enabled, done

    assert database.goes_direct(NAMES) is is_direct
