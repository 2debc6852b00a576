"""The index over names and notes finds what reading all of them finds."""

import logging

import pytest
from django.db import connection
from django.db.utils import DatabaseError

from tests.factories import BY, TokenFactory
from tokens.models import Token, search_index

pytestmark = pytest.mark.django_db
NAMES = ("Terraform", "terra-cotta", 'A "quoted" one', "Straße 5", "ab", "日本語の名前")
on_sqlite = pytest.mark.sqlite


@pytest.fixture
def named(main):
    return [TokenFactory(account=main, name=name) for name in NAMES]


@pytest.mark.parametrize(
    "text",
    [
        "terra",
        "ERRA",
        "form",
        '"quoted',
        "STRASSE",
        "ab",
        "b",
        "本語の",
        "terra-form",
        "%",
        "* OR ab",
    ],
)
def test_what_is_found_is_what_has_the_text(named, text):
    folded = text.casefold()

    found = {token.name for token in Token.objects.mentioning(text)}

    assert found - {"default"} == {name for name in NAMES if folded in name.casefold()}


@on_sqlite
def test_the_index_follows_what_is_made_changed_and_purged(named, main):
    token = named[0]

    def found(key):
        return search_index.rows_with(key, connection)

    assert found("terraform") == [token.pk]
    token.rename("Pulumi", by=BY)
    token.set_note("For the platform team", by=BY)
    assert (found("terraform"), found("pulumi")) == ([], [token.pk])
    assert found("platform") == [token.pk]
    Token.objects.filter(pk=token.pk).delete()
    assert found("pulumi") == found("platform") == []


@on_sqlite
def test_texts_that_many_have_or_that_are_short_are_read_from_the_list(
    named, monkeypatch
):
    monkeypatch.setattr(search_index, "MOST", 1)

    assert search_index.rows_with("terra", connection) is None
    assert search_index.rows_with("ab", connection) is None
    assert len(Token.objects.named_like("terra")) == 2
    assert len(Token.objects.noted_like("terra")) == 0


@on_sqlite
def test_migrate_brings_back_what_a_migration_lost(named):
    with connection.cursor() as cursor:
        for trigger in search_index.TRIGGERS:
            cursor.execute(f"DROP TRIGGER {trigger}")
    late = TokenFactory(account=named[0].account, name="Latecomer")
    assert search_index.rows_with("latecomer", connection) == []

    search_index.provide()

    assert search_index.rows_with("latecomer", connection) == [late.pk]
    search_index.provide()
    assert search_index.rows_with("latecomer", connection) == [late.pk]


def test_without_the_table_there_is_nothing_to_do(monkeypatch):
    monkeypatch.setattr(connection.introspection, "table_names", list)

    assert search_index.provide() is None


class PostgreSQL:
    """A connection that answers as PostgreSQL, with or without the extension."""

    vendor, alias = "postgresql", "default"

    def __init__(self, *, is_allowed):
        self.is_allowed, self.executed = is_allowed, []

    def cursor(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def execute(self, statement):
        self.executed.append(statement)
        if not self.is_allowed:
            raise DatabaseError("permission denied to create extension")


@pytest.mark.parametrize("is_allowed", [True, False])
def test_an_extension_that_is_not_allowed_is_said_and_not_needed(is_allowed, caplog):
    database = PostgreSQL(is_allowed=is_allowed)
    caplog.set_level(logging.WARNING)

    search_index.provide_in(database)

    assert ("pg_trgm of PostgreSQL is missing" in caplog.text) != is_allowed
    assert len(database.executed) == (3 if is_allowed else 1)
    assert search_index.rows_with("terraform", database) is None
