"""A gate in front of a test's own database, asked the way the server asks it.

And a clock that stands still, with tokens that are refused by it.
"""

import time
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from gateway.models import Webhook
from gateway.verify import invalidation
from gateway.verify.gate import Gate
from gateway.verify.invalidation import Watcher
from gateway.verify.lookups import InCallingThread
from tests.factories import BY, TokenFactory
from tests.gateway.receivers import receiving
from tests.gateway.uses import refuse
from tests.gateway.webhook_pages import URL
from tests.waiting import PATIENCE_SECONDS
from tokens.kinds import Kind

HOUR = 3600.0
UNKNOWN = "tgl_" + "x" * 49


class Watching(Watcher):
    """What it saw is new until a test says otherwise, however long that takes here."""

    def _look(self):
        snapshot = super()._look()
        return replace(snapshot, seen_at=snapshot.seen_at + PATIENCE_SECONDS)


class Asked:
    """A gate, and the proxy that asks it."""

    def __init__(self, gateway_text, **options):
        watcher = Watching(connect=SameConnection)
        self.gate = Gate(watcher=watcher, asker=InCallingThread(), **options)
        self.gateway = {"HTTP_X_TOLLGATE_GATEWAY": gateway_text} if gateway_text else {}
        self.gate.watcher.poll()

    def __call__(self, signal, token="", **headers):
        """Return the status and the headers of the answer, as a dict."""
        environ = {"PATH_INFO": f"/gateway/verify/{signal}", "REQUEST_METHOD": "GET"}
        environ |= self.gateway | headers
        if token:
            environ["HTTP_X_API_TOKEN"] = token
        answered = []
        body = self.gate(environ, lambda *started: answered.extend(started))
        status, headers = int(answered[0][:3]), dict(answered[1])
        assert (status, b"".join(body)) == (status, sentence_in(headers))
        assert (status == 204) == (body == ())
        return status, headers

    def status(self, signal, token="", **headers):
        return self(signal, token, **headers)[0]

    def look(self):
        """Let the gate look for changes, as its thread does all the time."""
        self.gate.watcher.poll()


def sentence_in(headers):
    """Return the body that an answer with these headers has."""
    says = headers.get("X-Tollgate-Says")
    if says is None:
        return b""
    assert headers["Content-Type"] == "text/plain"
    assert int(headers["Content-Length"]) == len(says) + 1
    return f"{says}\n".encode("ascii")


class SameConnection:
    """The test's own connection: its transaction is seen by nobody else.

    Its clock is the test's, too, and some seconds ahead of it.
    """

    ahead = 0.0

    def execute(self, query):
        cursor = connection.cursor()
        now = f"to_timestamp({time.time() + self.ahead!r})"
        cursor.execute(query.replace("clock_timestamp()", now))
        return cursor

    def close(self):
        """Leave the test its connection."""


def basic(name, password):
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"


@pytest.fixture
def gateway_token(db):
    return TokenFactory(account=None, kind=Kind.GATEWAY)


@pytest.fixture
def ask(gateway_token, recorder, monkeypatch):
    # However long a busy machine takes, the database is not away for that.
    monkeypatch.setattr(invalidation, "AWAY_SECONDS", HOUR)
    return Asked(gateway_token.secret_text)


@pytest.fixture
def clock():
    """Time that stands still until it is told to go on."""
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def later(clock):
    return lambda **much: clock.shift(timedelta(**much))


@pytest.fixture
def refused(main, admin):
    """Let a deleted token be used now; returns it."""

    def refused(name="Terraform", account=main, **caller):
        token = TokenFactory(account=account, name=name)
        token.delete_softly(by=BY)
        refuse(token, **caller)
        return token

    return refused


@pytest.fixture
def webhook(main):
    return Webhook.add(main, URL, by=BY)


@pytest.fixture
def hook(main, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    with receiving() as receiver:
        receiver.webhook = Webhook.add(main, receiver.url, by=BY)
        yield receiver
