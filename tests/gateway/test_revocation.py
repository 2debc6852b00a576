"""A token that is revoked opens nothing a second later, whichever worker is asked.

The real server with several workers, all of them asked as fast as they answer; the moment
of a revocation is the one in which its transaction is committed.
"""

import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager

import pytest

from tests import template_database
from tests.gateway.wire import Wire
from tests.installation import PROJECT, Installation, outer_environment
from tests.waiting import wait_until

PROMISE_SECONDS = 1.0
# `make faults` revokes a thousand, as many at once.
AT_ONCE, PROBERS = 200, 3
# A program of its own, as another host is: it shares nothing with the workers.
REVOKER = """
import sys
import time

import django

django.setup()
from accounts.audit.trail import Actor
from accounts.models import Account
from tokens.models import Token

by = Actor("revoker@example.com")
account = Account.objects.select_related("organisation").get(kind="main")
gateway = Token.issue(account=None, kind="gateway", name="proxy", by=by)[1]
print(gateway.reveal(), flush=True)
tokens = []
for number in range(int(sys.argv[1])):
    token, secret = Token.issue(account=account, kind="api", name=str(number), by=by)
    tokens.append(token)
    print(secret.reveal(), flush=True)
for line in sys.stdin:
    first, last = map(int, line.split())
    for token in tokens[first:last]:
        token.disable(by=by)
        print(time.monotonic(), flush=True)
"""

# The proxies' tests ask the same of SQLite, one token at a time.
pytestmark = [pytest.mark.postgresql, pytest.mark.programs]


# `make faults` has four.
WORKERS = "2"


@pytest.fixture
def installation(tmp_path):
    url = template_database.database_of_its_own("revocation")
    installation = Installation(tmp_path, GATEWAY_WORKERS=WORKERS, DATABASE_URL=url)
    installation.make_keys()
    installation.command("create_organisation", "Acme", "--plan=pro")
    return installation


@contextmanager
def revoker(installation, count):
    environment = outer_environment() | installation.variables
    with subprocess.Popen(
        [sys.executable, "-c", REVOKER, str(count)],
        cwd=PROJECT,
        env=environment | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.stdin.close()


class Probing:
    """Threads that ask about some tokens, again and again, and note the last pass."""

    def __init__(self, port, gateway):
        self.where = port, gateway
        self.passed = {}
        self.asked = 0

    @contextmanager
    def about(self, tokens):
        over = threading.Event()
        threads = [
            threading.Thread(target=self._probe, args=(tokens, over))
            for _ in range(PROBERS)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def _probe(self, tokens, over):
        while not over.is_set():
            # A new connection is another worker's, as like as not.
            with closing(Wire(*self.where)) as wire:
                for token in tokens:
                    sent = time.monotonic()
                    status = wire.ask("api", token)
                    # 503 where a busy machine took too long to look it up.
                    assert status in (204, 403, 503)
                    if status == 204:
                        self.passed[token] = max(sent, self.passed.get(token, 0))
            self.asked += len(tokens)

    def knows(self, tokens):
        return tokens <= self.passed.keys()


def revoke(installation, count):
    """Revoke so many tokens; return how long after that each of them last passed."""
    with installation.running() as _, revoker(installation, count) as process:
        gateway, *tokens = (process.stdout.readline().strip() for _ in range(count + 1))
        probing, late = Probing(installation.gateway_port, gateway), {}
        for first in range(0, count, AT_ONCE):
            group = tokens[first : first + AT_ONCE]
            with probing.about(group):
                wait_until(lambda: probing.knows(set(group)))  # noqa: B023 -- asked now
                process.stdin.write(f"{first} {first + len(group)}\n")
                process.stdin.flush()
                revoked = [float(process.stdout.readline()) for _ in group]
                time.sleep(PROMISE_SECONDS + 0.2)
            late |= {
                token: probing.passed[token] - moment
                for token, moment in zip(group, revoked, strict=True)
            }

    print(f"{probing.asked} questions; last pass {max(late.values()):.3f} s after")
    return late


def test_nothing_passes_a_second_after_it_was_revoked(installation):
    late = revoke(installation, AT_ONCE)

    assert len(late) == AT_ONCE
    assert max(late.values()) < PROMISE_SECONDS
