"""The command against the API itself, with files that tests write."""

from types import SimpleNamespace

import httpx
import pytest
from click.testing import CliRunner
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from client.command import tollgate
from tests.factories import ChildFactory, MainFactory, TokenFactory


@pytest.fixture
def portal(db, settings):
    """The portal as a WSGI program that leaves a test's transaction alone."""
    settings.API_RATE = 10**6
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield httpx.WSGITransport(app=WSGIHandler())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def main(db):
    return MainFactory(name="Acme")


@pytest.fixture
def sub(main):
    return ChildFactory(main=main, name="Staging")


@pytest.fixture
def wire(portal):
    """What is asked of the portal; `before` is called with each request."""
    wire = SimpleNamespace(asked=[], before=lambda request: None)

    def handle(request):
        wire.before(request)
        wire.asked.append((request.method, request.url.path))
        return portal.handle_request(request)

    wire.transport = httpx.MockTransport(handle)
    return wire


@pytest.fixture
def run(wire, main, tmp_path, monkeypatch):
    """Run a command line with `{}` in place of the path of a file of some text."""
    caller = TokenFactory(account=main, name="Declared").secret_text
    environment = {"TOLLGATE_URL": "https://localhost", "TOLLGATE_TOKEN": caller}
    monkeypatch.chdir(tmp_path)

    def run(command, *words, text=None, code=0, color=False, **more):
        if text is not None:
            (tmp_path / "acme.yaml").write_text(text)
        words = [
            command,
            *(["acme.yaml"] if command in ("plan", "apply") else []),
            *map(str, words),
        ]
        result = CliRunner().invoke(
            tollgate, words, obj=wire.transport, env=environment | more, color=color
        )
        if not isinstance(result.exception, SystemExit | None):
            raise result.exception
        assert result.exit_code == code, result.output
        assert caller not in result.output
        return result

    run.environment, run.transport = environment, wire.transport
    return run
