"""PostgreSQL is restarted again and again while gateways ask.

What was known goes on, what is not known is never let in, a change that was acknowledged
holds, and every use is counted.
"""

import threading
import time
from contextlib import closing, contextmanager

import psycopg
import pytest

from tests import postgresql
from tests.gateway.wire import Wire
from tests.installation import Installation
from tests.waiting import wait_until
from tokens.kinds import Kind
from tokens.secrets import make

# `make faults` restarts it two hundred times.
RESTARTS = 3

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]


@pytest.fixture
def server(migrated_server):
    return migrated_server


@pytest.fixture
def installation(tmp_path, server):
    installation = Installation(
        tmp_path,
        DATABASE_URL=server.get_uri(),
        GATEWAY_WORKERS="2",
        GATEWAY_THREADS="4",
    )
    installation.make_keys()
    return installation


class Asking:
    """Threads that ask about one token each; every status is kept, with its moment."""

    def __init__(self, port, gateway, **tokens):
        self.port, self.gateway, self.tokens = port, gateway, tokens
        self.statuses = {name: [] for name in tokens}

    @contextmanager
    def going_on(self):
        over = threading.Event()
        threads = [
            threading.Thread(target=self._ask, args=(name, token, over))
            for name, token in self.tokens.items()
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def last(self, name):
        """Return what was answered last, or None."""
        return self.statuses[name][-1][1] if self.statuses[name] else None

    def _ask(self, name, token, over):
        with closing(Wire(self.port, self.gateway)) as wire:
            # Often enough to meet every moment of a restart; not as fast as it goes.
            while not over.wait(0.02):
                text = token or make(Kind.API).reveal()
                self.statuses[name].append((time.monotonic(), wire.ask("api", text)))


def test_restarts_let_nothing_wrong_through_and_lose_no_use(installation, server):
    _, gateway, known, stopped = installation.commands(
        ("create_organisation", "Acme", "--plan=pro"),
        ("create_token", "--kind=gateway", "proxy"),
        ("create_token", "--account", "{0}", "a"),
        ("create_token", "--account", "{0}", "b"),
    )

    with installation.running() as (process, _):
        # Who writes to a pipe that nobody reads waits for ever, the gate too.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        asking = Asking(
            installation.gateway_port, gateway, known=known, stopped=stopped, new=""
        )
        with asking.going_on():
            wait_until(lambda: asking.last("stopped") == 204)
            number = str(asked(server, NUMBER, stopped))
            installation.command("disable_token", number, "--reason=leaked")
            revoked = time.monotonic()
            wait_until(lambda: asking.last("stopped") == 403)
            # Each worker has looked since then, and asked anew what it knew.
            time.sleep(2)
            before = len(asking.statuses["known"])
            wait_until(lambda: len(asking.statuses["known"]) > before)
            for _ in range(RESTARTS):
                time.sleep(0.4)
                postgresql.restart(server)
        known_as = [status for _, status in asking.statuses["known"]]
        passed = known_as.count(204)
        wait_until(lambda: asked(server, CALLS, known) >= passed)

    assert set(known_as[before:]) == {204}
    assert {status for _, status in asking.statuses["new"]} <= {401, 503}
    late = {s for moment, s in asking.statuses["stopped"] if moment > revoked + 1}
    assert late <= {403, 503}
    # A batch that was written as the answer to that was lost is written once more.
    assert asked(server, CALLS, known) / passed < 1.5


NUMBER = "SELECT id FROM tokens_token WHERE public_id = %s"
CALLS = (
    "SELECT coalesce(sum(calls), 0) FROM tokens_tokenusage JOIN tokens_token t"
    " ON t.id = token_id WHERE t.public_id = %s"
)


def asked(server, question, token):
    public_id = token[4:12]
    with psycopg.connect(server.get_uri()) as connection:
        return connection.execute(question, [public_id]).fetchone()[0]
