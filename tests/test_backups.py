"""The drill: a copy is made while somebody writes, and brought back somewhere else.

Every secret that was handed out before opens there what it opened, and `restore_check`
says that all is whole.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from accounts.crypto.keys import keyring
from tests.environment import KEYS
from tests.installation import PROJECT, Installation, outer_environment
from tests.waiting import PATIENCE_SECONDS, wait_until
from tokens.secrets import Secret, digest

pytestmark = [pytest.mark.sqlite, pytest.mark.walk]

CONFIGURATION = PROJECT / "deploy" / "litestream" / "litestream.yml"
OWNER = "SELECT token_id FROM tokens_storedsecret WHERE lookup = ?"
WRITER = """
import django

django.setup()
from accounts.audit.trail import Actor
from accounts.lifecycle import found_organisation
from tokens.models import Token

by = Actor("writer@example.com")
main = found_organisation(name="Acme", plan="pro", daily_gb=10, by=by)
number = 0
while True:
    number += 1
    token, secret = Token.issue(account=main, kind="api", name=f"{number}", by=by)
    print(token.pk, secret.reveal(), flush=True)
"""


@pytest.fixture
def installation(tmp_path, migrated):
    folder = tmp_path / "here"
    folder.mkdir()
    return Installation.like(migrated, folder, **KEYS, SQLITE_AUTOCHECKPOINT="0")


@contextmanager
def writing(installation):
    """Let somebody make tokens; yields a list of (token id, secret) that grows."""
    said = installation.folder / "said"
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings"}
    environment = outer_environment() | installation.variables | settings
    with (
        said.open("w") as output,
        subprocess.Popen(
            [sys.executable, "-c", WRITER], cwd=PROJECT, env=environment, stdout=output
        ) as process,
    ):
        try:
            yield lambda: [
                tuple(line.split()) for line in said.read_text().splitlines()
            ]
        finally:
            process.terminate()


def wait_for_more(made, count=3):
    before = len(made())
    wait_until(lambda: len(made()) >= before + count)


def owners(database, secrets):
    """Return the tokens that secrets open in a database."""
    subkey = keyring("index").active_subkey
    with closing(sqlite3.connect(database)) as connection:
        return [
            row[0]
            for secret in secrets
            for row in connection.execute(OWNER, [digest(Secret(secret), subkey)])
        ]


def check(installation, *options):
    """Return what restore_check says of an installation's database."""
    done = installation.run("manage.py", "restore_check", "--all", *map(str, options))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_a_backup_under_writes_opens_what_it_opened(installation, tmp_path):
    backup = tmp_path / "backup.sqlite3"
    with writing(installation) as made:
        wait_for_more(made)
        before = made()
        done = installation.run("manage.py", "backup", str(backup))
        assert (done.returncode, done.stderr) == (0, "")
        wait_for_more(made)
    elsewhere = Installation(tmp_path, **KEYS)
    shutil.copy(backup, elsewhere.database)

    said = check(elsewhere, "--notes", f"{backup}.json")

    assert said[0] == "The database's file is the backup, byte by byte."
    assert said[-1] == "It is whole."
    secrets = [secret for _, secret in before]
    assert owners(elsewhere.database, secrets) == [int(pk) for pk, _ in before]


@contextmanager
def litestream(installation, replica):
    program = shutil.which(
        "litestream", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    )
    if not program:
        pytest.skip("litestream is not installed")
    environment = outer_environment() | {
        "LITESTREAM_DATABASE": str(installation.database),
        "LITESTREAM_REPLICA": f"file://{replica}",
    }

    def command(*words):
        words = (program, *words, "-config", CONFIGURATION)
        return {"args": list(map(str, words)), "env": environment}

    yield command


def test_litestream_brings_back_all_that_was_made_before_it_was_stopped(
    installation, tmp_path
):
    replica = tmp_path / "replica"
    elsewhere = Installation(tmp_path, **KEYS)
    with litestream(installation, replica) as command:
        with (
            writing(installation) as made,
            subprocess.Popen(
                **command("replicate"), stderr=subprocess.DEVNULL
            ) as copying,
        ):
            wait_until(replica.exists)
            wait_for_more(made)
            before = made()
            # It copies what is there before it ends.
            copying.send_signal(signal.SIGTERM)
            assert copying.wait(PATIENCE_SECONDS) == 0
        place = "-o", elsewhere.database, installation.database
        restore = command("restore")
        restore["args"] += map(str, place)
        subprocess.run(**restore, check=True, stderr=subprocess.DEVNULL)

    assert check(elsewhere)[-1] == "It is whole."
    secrets = [secret for _, secret in before]
    assert owners(elsewhere.database, secrets) == [int(pk) for pk, _ in before]
