"""The commands that know keys and chains, and what all do without keys or database."""

import base64
import re

import pytest

from accounts.crypto.keys import keyring
from accounts.models import AuditEvent, CryptoKey
from tests.commands.outcomes import error
from tests.factories import MainFactory
from tests.test_settings import manage

pytestmark = [pytest.mark.django_db, pytest.mark.programs]


def test_verify_audit_names_the_broken_chain(run, main):
    other = MainFactory(name="Other")
    events = AuditEvent.objects.filter(organisation=main.organisation)
    assert run("verify_audit").out == (
        "The chain of Acme is whole: 3 events.\nThe chain of Other is whole: 3 events.\n"
    )
    events.filter(sequence=2).update(target="else")

    assert error(run, "verify_audit") == ("The chain of Acme is broken at event 2.", 1)
    assert other.organisation.audit_chain.sequence == 3


def test_key_fingerprints_shows_no_key(run, settings):
    said = run("key_fingerprints").out

    ids = [tuple(line.split()[:2]) for line in said.splitlines()]
    assert ids == [
        ("TOLLGATE_ENC_KEYS", "1"),
        ("TOLLGATE_INDEX_KEYS", "1"),
        ("TOLLGATE_AUDIT_KEY", "1"),
    ]
    assert keyring("enc").active.check_value.hex() in said
    assert settings.TOLLGATE_AUDIT_KEY not in said
    settings.TOLLGATE_INDEX_KEYS = "?"
    assert error(run, "key_fingerprints") == (
        "TOLLGATE_INDEX_KEYS has a key that is not base64.",
        78,
    )


@pytest.mark.parametrize(
    ("words", "pattern"),
    [
        ([], r"1:[\w+/]{43}="),
        (["--kid=7"], r"7:[\w+/]{43}="),
        (["TOLLGATE_ENC_KEYS", "--kid=2"], r"TOLLGATE_ENC_KEYS=2:[\w+/]{43}="),
        (["SECRET_KEY"], r"SECRET_KEY=[\w+/]{64}"),
    ],
)
def test_generate_key_needs_no_settings(words, pattern):
    blank = dict.fromkeys(
        (
            "SECRET_KEY",
            "TOLLGATE_ENC_KEYS",
            "TOLLGATE_INDEX_KEYS",
            "TOLLGATE_AUDIT_KEY",
        ),
        "",
    )

    result = manage("generate_key", *words, **blank)

    assert (result.returncode, result.stderr) == (0, "")
    assert re.fullmatch(pattern + "\n", result.stdout)


def test_commands_refuse_to_work_with_wrong_keys(run, main, settings):
    run("list", "tokens")
    settings.TOLLGATE_ENC_KEYS = "2:" + base64.b64encode(b"n" * 32).decode()

    assert error(run, "list", "tokens") == (
        "crypto.E001: TOLLGATE_ENC_KEYS lacks enc key 1, which 1 rows use.",
        78,
    )
    assert list(CryptoKey.objects.filter(kid=2)) == []


def test_commands_say_when_there_is_no_database(tmp_path):
    result = manage("list", "tokens", DATABASE_URL=f"sqlite:///{tmp_path}/none.sqlite3")

    assert result.returncode == 1
    assert result.stderr.startswith("CommandError: The database cannot be used: ")
    assert result.stderr.endswith("Is it there, and migrated?\n")
