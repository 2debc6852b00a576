"""Threads of the server come and go: no connection goes with them."""

import threading

import pytest
from django.db import connection
from django.test import RequestFactory

from config.wsgi import portal
from gateway.verify import background, lookups
from gateway.verify.background import flush
from gateway.verify.gate import Gate
from gateway.verify.lookups import LOOKUPS_AT_ONCE, InThreadPool
from tests.factories import TokenFactory
from tokens.kinds import Kind
from tokens.secrets import make

THREADS, BURSTS = 4, 4

pytestmark = pytest.mark.postgresql


@pytest.fixture
def tokens(transactional_db, main):
    gateway = TokenFactory(account=None, kind=Kind.GATEWAY)
    return gateway.secret_text, TokenFactory(account=main).secret_text


def call(application, path, **headers):
    answered = []
    environ = RequestFactory().get(path, **headers).environ
    answer = application(environ, lambda *started: answered.append(started[0]))
    b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    return int(answered[0][:3])


def burst(task):
    """Run a task in threads that end then, as idle ones of the server do."""
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(task())) for _ in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def write(gate):
    """Write what was counted, as a background thread does, once."""
    over = threading.Event()
    background._repeat(0, lambda: (flush(gate, at_once=True), over.set()), over, over)


@pytest.fixture
def asker(monkeypatch):
    # On a busy machine an answer may take longer than gateways wait for one.
    monkeypatch.setattr(lookups, "LOOKUP_SECONDS", 30)
    monkeypatch.setitem(lookups.DIRECTLY, "patience", 30)
    asker = InThreadPool()
    yield asker
    together = threading.Barrier(LOOKUPS_AT_ONCE)
    for _ in range(LOOKUPS_AT_ONCE):
        asker._threads.submit(lambda: (together.wait(30), connection.close()))
    asker._threads.shutdown()


def test_as_many_connections_are_free_in_the_end_as_at_first(tokens, asker):
    gateway, token = tokens
    gate = Gate(asker=asker)
    proxy = {"HTTP_X_TOLLGATE_GATEWAY": gateway}

    def everything():
        statuses = [
            call(gate, "/gateway/verify/api", HTTP_X_API_TOKEN=text, **proxy)
            for text in (token, make(Kind.API).reveal())
        ]
        statuses.append(call(portal, "/v2/whoami", HTTP_X_API_TOKEN=token))
        statuses.append(call(portal, "/login/"))
        return statuses

    connection.close()
    bursts = [burst(everything) for _ in range(BURSTS)]
    burst(lambda: write(gate))
    stats = connection.pool.get_stats()

    assert bursts == [[[204, 401, 200, 200]] * THREADS] * BURSTS
    assert stats["pool_available"] == stats["pool_size"]
    assert stats["requests_waiting"] == 0
