"""Copies of a database, and what is said of a database that was made of one."""

import hashlib
import json
import os
import sqlite3
import stat
from contextlib import closing

import pytest
from django.core.management import CommandError
from django.db import connection, connections

from accounts import backups
from accounts.audit.trail import Actor, record
from accounts.models import Action, AuditChain, AuditEvent, CryptoKey
from config.databases import SQLITE_OPTIONS
from gateway.models import Webhook
from tests.commands.outcomes import error
from tests.factories import TokenFactory
from tokens.models import StoredSecret, Token

# What is PostgreSQL's own is in test_backup_postgresql.py.
# SQLite copies nothing in the middle of a change.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]


CHANGE = "UPDATE tokens_token SET note = 'else'"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "backup.sqlite3"


@pytest.fixture
def token(main):
    return TokenFactory(account=main)


def ask(path, question):
    with closing(sqlite3.connect(path)) as copy:
        return copy.execute(question).fetchall()


def test_a_backup_has_every_row_and_is_its_owners_alone(run, token, path):
    said = run("backup", path).out

    assert (token.pk,) in ask(path, "SELECT id FROM tokens_token")
    notes = json.loads(backups.notes_of(path).read_text())
    assert notes["rows"]["tokens.Token"] == Token.objects.count() == 2
    assert notes["bytes"] == path.stat().st_size
    assert said.startswith(f"Wrote {path}: {path.stat().st_size:,} bytes, ")
    files = {
        file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()
    }
    assert files == dict.fromkeys(["backup.sqlite3", "backup.sqlite3.json"], 0o600)


def test_a_backup_has_no_key_and_no_secret(run, token, path, settings):
    run("backup", path)

    kept = path.read_bytes() + backups.notes_of(path).read_bytes()
    hidden = (token.secret_text, settings.TOLLGATE_AUDIT_KEY, settings.SECRET_KEY)
    assert [each for each in hidden if each.encode() in kept] == []


@pytest.mark.parametrize("name", ["backup.sqlite3", "backup.sqlite3.json"])
def test_nothing_is_written_over(run, path, name):
    taken = path.with_name(name)
    taken.write_text("mine")

    assert error(run, "backup", path) == (
        f"{taken} is there already: choose another name.",
        1,
    )
    assert [file.read_text() for file in path.parent.iterdir()] == ["mine"]


def test_what_came_there_meanwhile_is_not_written_over(run, path, monkeypatch):
    def describe():
        path.write_text("mine")
        return {}

    monkeypatch.setattr(backups, "describe", describe)

    assert error(run, "backup", path)[0] == f"{path} cannot be written: File exists."
    assert [file.read_text() for file in path.parent.iterdir()] == ["mine"]


def test_a_folder_that_is_not_there_is_a_refusal(run, tmp_path):
    path = tmp_path / "none" / "backup"

    assert error(run, "backup", path) == (
        f"{path} cannot be written: No such file or directory.",
        1,
    )


def test_a_full_disk_is_a_refusal_and_leaves_nothing(run, path, monkeypatch):
    def full(part):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setitem(backups.COPIES, "sqlite", full)

    assert error(run, "backup", path)[0] == (
        f"{path} cannot be written: database or disk is full."
    )
    assert os.listdir(path.parent) == []


def test_a_copy_that_is_damaged_is_no_backup(run, path, monkeypatch):
    monkeypatch.setattr(backups, "damage", lambda copy: "a page is gone")

    assert error(run, "backup", path)[0] == "The copy is damaged: a page is gone."
    assert os.listdir(path.parent) == []


def test_damage_is_named():
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(
            "CREATE TABLE a (id INTEGER PRIMARY KEY);"
            "CREATE TABLE b (a REFERENCES a (id));"
        )
        assert backups.damage(database) == ""
        database.execute("INSERT INTO b VALUES (7)")
        assert backups.damage(database) == "row 1 of b refers to no row of a"
        database.execute("CREATE UNIQUE INDEX c ON b (a)")
        database.executescript(
            "PRAGMA writable_schema = ON;"
            "UPDATE sqlite_schema SET sql = 'CREATE UNIQUE INDEX c ON b (0)'"
            " WHERE name = 'c'; PRAGMA writable_schema = RESET;"
        )
        assert backups.damage(database).endswith("missing from index c")


@pytest.fixture
def notes(run, token, path):
    """What is known of a backup of the database as it is now."""
    run("backup", path)
    return backups.notes_of(path)


def test_a_database_like_its_backup_is_whole(run, notes):
    before = CryptoKey.objects.count()

    said = run("restore_check", "--notes", notes, "--all").out.splitlines()

    assert said[:2] == [
        "The database's file is whole.",
        "The schema is this version's, and the keys fit.",
    ]
    assert said[2].startswith("The backup is of 20")
    assert said[3] == "Opened 2 secrets."
    assert "2 tokens in 1 accounts of 1 organisations" in said[4]
    assert said[5:] == [
        "Verified 1 chains of audit events, and compared them with 1 anchors.",
        "It is whole.",
    ]
    # It only looks.
    assert CryptoKey.objects.count() == before


@pytest.fixture
def restored(path, notes):
    """A connection to the backup, as an installation has it that it was brought back to."""
    wrapper = connections.create_connection("default")
    options = wrapper.settings_dict["OPTIONS"] | SQLITE_OPTIONS
    wrapper.settings_dict = wrapper.settings_dict | {"NAME": path, "OPTIONS": options}
    with closing(wrapper):
        yield wrapper


def ask_restored(restored, statement):
    with restored.cursor() as cursor:
        cursor.execute(statement)
    restored.close()


def kept_of(restored, path):
    # Tests keep no WAL; every backup of an installation is of a file that has one.
    ask_restored(restored, "SELECT 1")
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def test_the_very_file_that_was_made_is_known(restored, path):
    kept = kept_of(restored, path)

    ask_restored(restored, "SELECT * FROM tokens_token")
    assert backups.is_unchanged(restored, kept)
    ask_restored(restored, CHANGE)
    assert not backups.is_unchanged(restored, kept)


def test_a_file_with_changes_beside_it_is_another(restored, path):
    kept = kept_of(restored, path)

    with closing(sqlite3.connect(path)) as somebody:
        # Who has it open, too, keeps what is beside it.
        somebody.execute(CHANGE)
        somebody.commit()
        assert not backups.is_unchanged(restored, kept)


def test_the_very_file_that_was_made_is_not_read_again(run, notes, monkeypatch):
    command = "tokens.management.commands.restore_check"
    monkeypatch.setattr(f"{command}.is_unchanged", lambda *_: True)
    monkeypatch.setattr(f"{command}.damage", None)

    said = run("restore_check", "--notes", notes).out.splitlines()

    assert said[0] == "The database's file is the backup, byte by byte."
    assert said[-1] == "It is whole."


def test_some_secrets_are_opened_unless_all_are_asked_for(run, main):
    assert "Opened 1 secrets." in run("restore_check").out
    TokenFactory(account=main)
    assert "Opened 2 secrets." in run("restore_check").out
    StoredSecret.objects.all().delete()
    assert "Opened 0 secrets." in run("restore_check").out


@pytest.mark.parametrize("options", [[], ["--all"]])
def test_secrets_that_do_not_open_are_named(run, token, options):
    token.secrets.update(envelope=b"\x01\x00\x00\x00\x01" + bytes(60))

    said, code = error(run, "restore_check", *options)

    assert (said, code) == (
        f"1 secrets do not open: {token.secrets.get().pk}.",
        1,
    )


def test_other_things_that_do_not_open_are_told(run, main):
    Webhook.add(main, "https://hook.example/", by=Actor.console())
    Webhook.objects.update(envelope=b"\x01\x00\x00\x00\x01" + bytes(60))

    said, code = error(run, "restore_check", "--all")

    assert said.startswith("Something encrypted does not open: ")
    assert code == 1


def test_rows_that_are_missing_are_told(run, token, notes):
    StoredSecret.objects.all().delete()

    said, code = error(run, "restore_check", "--notes", notes)

    assert (said, code) == (
        "It has 0 rows of tokens.StoredSecret, and the backup had 2.",
        1,
    )


def test_what_came_after_the_backup_is_missing_and_explained(
    run, main, notes, tmp_path
):
    """A database of before, beside anchors of today: whole, with an exit code of its own."""
    anchors = tmp_path / "anchors.log"
    record(Action.LOGIN, by=Actor("somebody"), account=main)
    anchors.write_text(backups.heads()[0].line)
    chain = AuditChain.objects.get()
    chain.events.filter(sequence=chain.sequence).delete()
    last = chain.events.order_by("sequence").last()
    AuditChain.objects.update(sequence=last.sequence, digest=last.digest)

    said, code = error(run, "restore_check", "--notes", notes, "--anchors", anchors)

    assert said.startswith(
        "It is whole, and older than its anchors. The chain of Acme "
    )
    assert code == 3


def test_a_chain_that_is_broken_or_another_is_told(run, main, notes):
    AuditEvent.objects.filter(sequence=2).update(target="else")
    wrong = bytes(32)
    last = AuditChain.objects.get().sequence
    AuditEvent.objects.filter(sequence=last).update(digest=wrong)

    said, code = error(run, "restore_check", "--notes", notes)

    assert said.startswith(
        "The chain of Acme is broken at event 2. "
        f"Event {last} of the chain of Acme is not the one that was anchored"
    )
    assert code == 1


def test_a_file_that_is_damaged_is_told(run, monkeypatch):
    target = "tokens.management.commands.restore_check.damage"
    monkeypatch.setattr(target, lambda cursor: "a page is gone")

    assert error(run, "restore_check") == (
        "The database is damaged: a page is gone.",
        1,
    )


def test_a_key_that_rows_need_is_named(run, token, settings):
    run("list", "tokens")
    settings.TOLLGATE_ENC_KEYS = "2:" + "bmV3" * 10 + "bmU="

    said, code = error(run, "restore_check")

    assert said == "crypto.E001: TOLLGATE_ENC_KEYS lacks enc key 1, which 2 rows use."
    assert code == 78
    assert not CryptoKey.objects.filter(kid=2).exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "cannot be read: No such file or directory."),
        ("{", "is not what `backup` writes beside one."),
        ("[]", "is not what `backup` writes beside one."),
        ("{}", "is not what `backup` writes beside one."),
    ],
)
def test_notes_that_are_none_are_a_refusal(run, tmp_path, text, reason):
    path = tmp_path / "notes.json"
    if text is not None:
        path.write_text(text)

    assert error(run, "restore_check", "--notes", path) == (f"{path} {reason}", 1)


def test_an_anchor_of_notes_that_was_tampered_with_is_named(run, notes):
    kept = json.loads(notes.read_text())
    kept["anchors"][0] = kept["anchors"][0].replace('"key":1', '"key":1 ')
    kept["anchors"].append(kept["anchors"][0].replace('"sequence":', '"sequence":1'))
    notes.write_text(json.dumps(kept))

    said, _ = error(run, "restore_check", "--notes", notes)

    assert said == f"Anchor 2 of {notes} has a wrong signature."


def test_there_is_no_schema_to_speak_of(run, monkeypatch):
    def refuse(self):
        raise CommandError(
            "The database lacks migrations (1): run `manage.py migrate`."
        )

    target = "accounts.management.commands.serve.Command.require_migrated"
    monkeypatch.setattr(target, refuse)

    assert "lacks migrations" in error(run, "restore_check")[0]
    assert connection.is_usable()
