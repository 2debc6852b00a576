"""A commit that waits for a replica which is not there.

It holds already, and the server would wait with it for ever: whoever asked for it is
told in time that nobody knows.
"""

import json
import time
import urllib.error
import urllib.request

import psycopg
import pytest

from accounts.deadline import UNKNOWN
from tests.installation import Installation
from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]


@pytest.fixture
def server(migrated_server):
    yield migrated_server
    # It would not end with commits that wait.
    wait_for_replica(migrated_server, "")


@pytest.fixture
def installation(tmp_path, server):
    installation = Installation(tmp_path, DATABASE_URL=server.get_uri())
    installation.make_keys()
    return installation


def wait_for_replica(server, name):
    """Let commits wait for a replica with a name; an empty one: for none."""
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        connection.execute("SELECT pg_reload_conf()")


def names_in(server):
    with psycopg.connect(server.get_uri()) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM tokens_token")}


class Account:
    def __init__(self, installation):
        number, token = installation.commands(
            ("create_organisation", "Acme", "--plan=pro"),
            ("create_token", "--account", "{0}", "script"),
        )
        self.address = f"{installation.address}/api/v1/accounts/{number}/tokens"
        self.headers = {"X-API-TOKEN": token, "Content-Type": "application/json"}

    def create(self, name):
        body = json.dumps({"kind": "logs", "name": name, "enabled": False}).encode()
        request = urllib.request.Request(self.address, body, self.headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


def test_who_waits_for_a_commit_is_told_that_nobody_knows(installation, server):
    account = Account(installation)

    with installation.running():
        # A busy machine may take longer than a request has time.
        wait_until(lambda: account.create("before")[0] == 201)
        wait_for_replica(server, "nobody")
        names = (f"token {number}" for number in range(100))
        body = {}
        # The server takes a moment to know.
        while body.get("code") != "outcome_unknown":
            time.sleep(0.05)
            name = next(names)
            status, body = account.create(name)
        wait_for_replica(server, "")
        wait_until(lambda: account.create("after")[0] in (201, 409))

    assert (status, body["detail"]) == (503, UNKNOWN)
    assert name in names_in(server)
