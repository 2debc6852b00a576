"""What is read at one moment, while somebody else writes."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import connections, transaction

from accounts.audit import trail
from accounts.audit.trail import Actor, record, verify
from accounts.models import Action, Generation
from accounts.snapshots import snapshot
from config.databases import SQLITE_OPTIONS
from tests.factories import MainFactory


@pytest.fixture
def file(tmp_path, monkeypatch, django_db_blocker):
    """A database in a file, with a table, under the alias `file`."""
    made = connections["default"].settings_dict | {
        "NAME": tmp_path / "tollgate.sqlite3",
        "OPTIONS": SQLITE_OPTIONS,
    }
    monkeypatch.setitem(connections.settings, "file", made)
    with django_db_blocker.unblock():
        with connections["file"].schema_editor() as editor:
            editor.create_model(Generation)
        yield "file"
        connections["file"].close()
    del connections["file"]


@pytest.mark.sqlite
def test_a_writer_neither_waits_nor_is_seen_on_sqlite(file):
    other = connections.create_connection("file")
    with snapshot("file"):
        before = Generation.objects.using("file").count()
        with other.cursor() as cursor:
            cursor.execute("INSERT INTO accounts_generation VALUES (7, 7)")
        assert (before, Generation.objects.using("file").count()) == (0, 0)
    other.close()

    assert Generation.objects.using("file").count() == 1
    # Whoever writes afterwards takes the lock at once, as ever.
    assert connections["file"].transaction_mode == "IMMEDIATE"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_writer_neither_waits_nor_is_seen_on_postgresql():
    other = connections.create_connection("default")
    with snapshot():
        before = Generation.objects.count()
        with other.cursor() as cursor:
            cursor.execute("INSERT INTO accounts_generation VALUES (7, 7)")
        assert Generation.objects.count() == before
    other.close()

    assert Generation.objects.count() == before + 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_chain_that_grows_while_it_is_verified_is_whole(monkeypatch, capsys):
    account = MainFactory()

    def append():
        record(Action.LOGIN, by=Actor("somebody"), account=account)
        connections["default"].close()

    def verify_in_use(chain):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(append).result()
        return verify(chain)

    monkeypatch.setattr(trail, "verify", verify_in_use)

    call_command("verify_audit")

    assert "is whole: 3 events." in capsys.readouterr().out


def test_within_a_transaction_it_is_that_ones(db):
    with transaction.atomic():
        Generation.objects.create(slot=7, number=7)
        with snapshot():
            assert Generation.objects.count() == 1
