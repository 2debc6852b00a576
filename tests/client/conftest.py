"""The command against a server that a test makes up."""

import json

import httpx
import pytest
from click.testing import CliRunner

from client.command import tollgate

TOKEN = {
    "id": 77,
    "account_id": 1042,
    "account_name": "Staging",
    "kind": "logs",
    "name": "Fluent Bit",
    "masked": "tgl_8fJ2kQ1x…9aZ0",
    "state": "active",
    "last_used_at": "2026-01-31T12:34:56.789Z",
    "expires_at": None,
}
SECRET = "tgl_" + "x" * 49
WITH_SECRET = TOKEN | {"secret": SECRET}
CALLER = "tga_" + "c" * 49
ENVIRONMENT = {"TOLLGATE_URL": "https://tollgate.example", "TOLLGATE_TOKEN": CALLER}


def page(*items, following=None):
    return httpx.Response(200, json={"items": items, "next": following})


def problem(status, detail, *errors, headers=None, code="x"):
    body = {"status": status, "detail": detail, "code": code, "errors": errors}
    return httpx.Response(
        status,
        content=json.dumps(body),
        headers={"Content-Type": "application/problem+json"} | (headers or {}),
    )


class Conversation:
    """Answers in their order, or raises them, and remembers what was asked."""

    def __init__(self):
        self.answers, self.requests = [], []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def asked(self):
        return [(each.method, each.url.raw_path.decode()) for each in self.requests]

    @property
    def bodies(self):
        return [json.loads(each.content) for each in self.requests]


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
