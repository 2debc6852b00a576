"""kill -9 at any moment of writing to SQLite: what was acknowledged is there.

Two writers make and rotate tokens through the models and say so after each commit; both
are killed in the middle of it, again and again, on one database.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from tests.installation import PROJECT, Installation, outer_environment

# `make faults` kills them two hundred times.
CYCLES = 12
# After how many answers of the two they are killed, by turns from none on.
MOST_ANSWERS = 10
# Forked from a program that is set up already, or starting would take all the time.
WRITER = """
import os
import sys

import django
from django.db import connection

django.setup()
from accounts.audit.trail import Actor
from accounts.models import Account
from tokens.models import Token


def write(prefix):
    by = Actor("writer@example.com")
    account = Account.objects.select_related("organisation").get(kind="main")
    number = 0
    while True:
        number += 1
        name = f"{prefix} {number}"
        token, _ = Token.issue(account=account, kind="api", name=name, by=by)
        os.write(1, f"made {token.pk}\\n".encode())
        token.rotate(by=by)
        os.write(1, f"rotated {token.pk}\\n".encode())


for line in sys.stdin:
    children = []
    for writer in range(2):
        child = os.fork()
        if not child:
            write(f"{line.strip()} {writer}")
        children.append(child)
    os.write(1, f"writing {children[0]} {children[1]}\\n".encode())
    for child in children:
        os.waitpid(child, 0)
    os.write(1, b"dead\\n")
"""

pytestmark = [pytest.mark.sqlite, pytest.mark.walk]


@pytest.fixture
def installation(tmp_path, migrated):
    installation = Installation.like(migrated, tmp_path)
    made = installation.run("manage.py", "create_organisation", "Acme", "--plan=pro")
    assert made.returncode == 0, made.stderr
    return installation


def cycle(process, number):
    """Let two writers write for a moment, kill them; return what they acknowledged."""
    process.stdin.write(f"{number}\n")
    process.stdin.flush()
    said, writers = [], []
    for line in process.stdout:
        verb, *numbers = line.split()
        if verb == "writing":
            writers = [int(each) for each in numbers]
        elif verb == "dead":
            return said
        else:
            said.append((verb, *numbers))
        if writers and len(said) >= number % MOST_ANSWERS:
            time.sleep(random.uniform(0, 0.03))  # noqa: S311 -- any moment will do
            kill(writers)
            writers = []
    raise AssertionError("the writers' parent died")


def kill(processes):
    for each in processes:
        os.kill(each, signal.SIGKILL)


def acknowledged(installation, cycles=CYCLES):
    environment = outer_environment() | installation.variables
    with subprocess.Popen(
        [sys.executable, "-c", WRITER],
        cwd=PROJECT,
        env=environment | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        said = [answer for number in range(cycles) for answer in cycle(process, number)]
        process.stdin.close()
    return said


def ask(installation, question):
    with closing(sqlite3.connect(installation.database)) as connection:
        return connection.execute(question).fetchall()


def test_kills_lose_and_tear_nothing(installation):
    said = acknowledged(installation)

    made = {int(pk) for verb, pk in said if verb == "made"}
    rotated = {int(pk) for verb, pk in said if verb == "rotated"}
    kept = {pk for (pk,) in ask(installation, "SELECT id FROM tokens_token")}
    turned = "SELECT id FROM tokens_token WHERE version = 2"
    assert len(made) > CYCLES
    assert made <= kept
    assert rotated <= {pk for (pk,) in ask(installation, turned)}
    assert ask(installation, "PRAGMA integrity_check") == [("ok",)]
    assert ask(installation, TORN) == []
    audit = installation.run("manage.py", "verify_audit")
    assert (audit.returncode, audit.stderr) == (0, "")


# Each token has an event for its making and, on version 2, for its rotation, and as
# many secrets; an event or a secret without its change would not add up either.
TORN = """
SELECT token.id FROM tokens_token AS token
WHERE token.version <> (
    SELECT count(*) FROM accounts_auditevent AS event WHERE event.token_id = token.id
) OR token.version <> (
    SELECT count(*) FROM tokens_storedsecret AS secret WHERE secret.token_id = token.id
)
UNION ALL
SELECT event.token_id FROM accounts_auditevent AS event
WHERE event.token_id IS NOT NULL
AND event.token_id NOT IN (SELECT id FROM tokens_token)
"""
