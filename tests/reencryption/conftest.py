"""Tokens, a fresh key put first, and the command that re-encrypts."""

import base64

import pytest
from django.core.management import call_command

from accounts.crypto.checks import check_keys, note_keys_in_use
from tests.environment import KEYS
from tests.factories import TokenFactory


def fresh(letter):
    return "2:" + base64.b64encode(letter.encode() * 32).decode()


NEW = {
    "enc": ("TOLLGATE_ENC_KEYS", fresh("n"), KEYS["TOLLGATE_ENC_KEYS"]),
    "index": ("TOLLGATE_INDEX_KEYS", fresh("m"), KEYS["TOLLGATE_INDEX_KEYS"]),
    "audit": ("TOLLGATE_AUDIT_KEY", fresh("o"), "1:" + KEYS["TOLLGATE_AUDIT_KEY"]),
}


@pytest.fixture(autouse=True)
def _awake(monkeypatch):
    monkeypatch.setattr("tokens.management.commands.rotate_keys.PAUSE_SECONDS", 0)


@pytest.fixture
def tokens(main):
    note_keys_in_use()
    return TokenFactory.create_batch(5, account=main)


@pytest.fixture
def put_first(settings):
    """Put a fresh key of a purpose first and keep the old one after it."""

    def put_first(purpose, *, keep=True):
        name, new, old = NEW[purpose]
        setattr(settings, name, f"{new},{old}" if keep else new)

    return put_first


@pytest.fixture
def rotate(capsys):
    def rotate(purpose, *words):
        call_command("rotate_keys", f"--purpose={purpose}", *words)
        return capsys.readouterr().out

    return rotate


def errors():
    return [message.id for message in check_keys(databases=["default"])]
