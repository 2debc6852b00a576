"""A client of the API for tests, which read as pairs of a request and its answer.

What holds for every answer is asserted here, once.
"""

import json
import re
import uuid

from django.test import Client

from tests.factories import TokenFactory

FORBIDDEN = (403, {"code": 403, "message": "Insufficient privileges"})
JSON = ("application/json", "application/problem+json", "application/x-ndjson")
NOTHING = object()


class Like:
    """Equal to every text that a pattern matches whole."""

    def __init__(self, pattern):
        self.pattern = pattern

    def __eq__(self, other):
        return isinstance(other, str) and re.fullmatch(self.pattern, other) is not None

    __hash__ = None

    def __repr__(self):
        return f"<text like {self.pattern}>"


REQUEST_ID = Like("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def secret(prefix):
    return Like(f"{prefix}[0-9A-Za-z]{{49}}")


def coded(code, message, *, status=400, **parameters):
    """Return an answer whose body carries an error code."""
    body = {
        "errorCode": code,
        "code": status,
        "message": message,
        "requestId": REQUEST_ID,
        "parameters": parameters,
    }
    return status, body


def invalid(path, *problems):
    """Return the answer about fields: pairs of a name and what is wrong there."""
    body = {
        "errorMessage": "Request cannot be processed due to validation errors",
        "path": path,
        "validationErrors": [
            {"type": "request_body", "name": name, "message": message}
            for name, message in problems
        ],
    }
    return 400, body


class Api:
    """Calls with one API token; each gives the status and the JSON of the answer."""

    def __init__(self, token, **headers):
        self.headers = {"X-API-TOKEN": token} | headers if token else headers
        self.client = Client(raise_request_exception=False)

    @classmethod
    def of(cls, account, **fields):
        """Return calls of an account with a token that is made for them."""
        return cls(TokenFactory(account=account, **fields).secret_text)

    def get(self, path, **headers):
        return self.call("GET", path, **headers)

    def post(self, path, body=NOTHING, **headers):
        return self.call("POST", path, body, **headers)

    def put(self, path, body=NOTHING, **headers):
        return self.call("PUT", path, body, **headers)

    def patch(self, path, body=NOTHING, **headers):
        return self.call("PATCH", path, body, **headers)

    def delete(self, path, **headers):
        return self.call("DELETE", path, **headers)

    def call(self, method, path, body=NOTHING, **headers):
        response = self.response(method, path, body, **headers)
        return response.status_code, _contents(response)

    def response(self, method, path, body=NOTHING, **headers):
        raw = isinstance(body, bytes)
        data = b"" if body is NOTHING else body if raw else json.dumps(body)
        # The Go client names this type on every call, with a body or without.
        response = self.client.generic(
            method,
            path,
            data,
            content_type="application/json",
            headers=self.headers | headers,
        )
        _assert_well_behaved(response)
        return response


def _contents(response):
    if response.streaming and response["Content-Type"].endswith("x-ndjson"):
        return [json.loads(line) for line in response.getvalue().splitlines()]
    content = response.getvalue()
    return json.loads(content) if content else None


def _assert_well_behaved(response):
    assert not 300 <= response.status_code < 400
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies
    assert uuid.UUID(response["X-Request-Id"]).version == 4
    if not response.streaming and response.content:
        length = len(response.content)
        assert int(response.get("Content-Length", length)) == length
        assert response["Content-Type"].startswith(JSON)
