"""From one installation into another, with a kill -9 on the way."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from config import dotenv
from tests.installation import PROJECT, Installation, outer_environment

WORLD = """
import django
django.setup()
from tests.factories import *

main = MainFactory(name="Acme")
sub = ChildFactory(main=main, name="Staging", accessible=False)
metrics = ChildFactory(main=main, kind="metrics", name="Acme metrics")
for account in (main, sub):
    MembershipFactory(account=account)
    ShareFactory(account=account, filters=[FilterFactory(account=account)])
    for number in range(40):
        TokenFactory(account=account, kind="logs", name=f"{number}", enabled=False)
paused = ShareFactory(account=sub, filters=[FilterFactory(account=sub)])
paused.token.disable(by=BY)
print(TokenFactory(account=main).secret_text)
"""
# What a token is, whichever installation it is in.
TOKENS = """
SELECT account.name, token.kind, token.name, token.public_id, token.disabled_at IS NULL
FROM tokens_token AS token JOIN accounts_account AS account
ON token.account_id = account.id WHERE token.kind <> 'api' ORDER BY 1, 2, 3
"""

pytestmark = [pytest.mark.sqlite, pytest.mark.walk]


@pytest.fixture
def source(tmp_path, migrated):
    installation = made(tmp_path / "source", migrated)
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings"}
    world = installation.run("-c", WORLD, **settings)
    assert world.returncode == 0, world.stderr
    installation.key = world.stdout.strip()
    with installation.running("manage.py", "serve"):
        yield installation


@pytest.fixture
def target(tmp_path, migrated):
    return made(tmp_path / "target", migrated)


def made(folder, migrated):
    """Return an installation with keys of its own."""
    folder.mkdir()
    installation = Installation(folder)
    dotenv.create(installation.dotenv, PROJECT / ".env.example", demo=False)
    shutil.copy(migrated.database, installation.database)
    return installation


def words(source, target):
    report = f"--report={target.folder}/report.jsonl"
    return ("manage.py", "import", source.address, "--make-api-tokens", report)


def kill_in_the_middle(source, target):
    environment = outer_environment() | target.variables
    report = target.folder / "report.jsonl"
    with subprocess.Popen(
        [sys.executable, *words(source, target)],
        cwd=PROJECT,
        env=environment | {"IMPORT_TOKEN": source.key},
        stdout=subprocess.DEVNULL,
    ) as process:
        while not report.exists() or report.read_bytes().count(b"\n") < 30:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)


def tokens(installation):
    with closing(sqlite3.connect(installation.database)) as connection:
        return connection.execute(TOKENS).fetchall()


def test_what_was_killed_goes_on_and_ends_whole(source, target):
    kill_in_the_middle(source, target)
    begun = len(tokens(target))
    rest = target.run(*words(source, target), IMPORT_TOKEN=source.key)

    assert 0 < begun < len(tokens(source))
    assert rest.returncode == 0, rest.stdout + rest.stderr
    assert tokens(target) == tokens(source)
    assert target.run("manage.py", "check_invariants").returncode == 0
