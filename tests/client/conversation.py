"""A server that a test makes up: things, answers, and who gives them."""

import json

import httpx

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


NAMED = "token 77, Fluent Bit (tgl_8fJ2kQ1x…9aZ0), in Staging (1042)"


def made(status=201, **changes):
    return httpx.Response(status, json=WITH_SECRET | changes)
