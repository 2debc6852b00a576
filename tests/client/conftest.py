import httpx
import pytest
from click.testing import CliRunner

from client.command import tollgate
from tests.client.conversation import CALLER, ENVIRONMENT, Conversation


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr("client.server.PAUSES", (0, 0, 0))
    return Conversation()


@pytest.fixture
def run(server, monkeypatch):
    """Run a command line against the server; asserts that no answer is left over."""

    def run(*words, answers=(), typed=None, **environment):
        server.answers = list(answers)
        result = CliRunner().invoke(
            tollgate,
            [str(word) for word in words],
            obj=httpx.MockTransport(server),
            input=typed,
            env=ENVIRONMENT | environment,
        )
        assert server.answers == []
        assert CALLER not in result.output
        if not isinstance(result.exception, SystemExit | None):
            raise result.exception
        return result

    return run
