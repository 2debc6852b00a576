"""A Logz.io-compatible server that tests make up: what it has, and how it fails."""

import json
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

MAIN_KEY, SUB_KEY = "11111111-main-4key", "22222222-sub-4key"
SEARCH = "/v1/log-shipping/tokens/search"
MINT = "/v1/api-tokens/sub-account"
ACCOUNTS = "/v1/account-management/time-based-accounts"
DETAILED = f"{ACCOUNTS}/detailed"
METRICS = "/v1/account-management/metrics-accounts"
PEOPLE = "/v1/user-management/recursive"
ASSOCIATED = "/v1/associated-accounts"
SHARES = "/v1/shared-tokens"
FILTERS = f"{SHARES}/filters"
OWN = "/api/v1/tokens"


def secret(label):
    """Return a token as Logz.io makes them: 32 letters."""
    return (label * 32)[:32]


def masked(label):
    return f"{secret(label)[:4]}…{secret(label)[-4:]}"


def account(pk, name, **settings):
    plain = {"maxDailyGB": 20, "retentionDays": 7, "sharingObjectsAccounts": []}
    return {"accountId": pk, "accountName": name} | plain | settings


def view(pk, token, *, active=True):
    return {"account": {"accountId": pk, "accountToken": token, "active": active}}


def person(pk, email, place, role="USER_ROLE_REGULAR", **more):
    named = {"id": pk, "username": email, "fullName": f"Person {pk}"}
    return named | {"accountID": place, "role": role, "active": True} | more


def log_token(pk, name, **more):
    times = {"createdAt": 1624887273.5, "createdBy": "old@example.com"}
    return (
        {"id": pk, "name": name, "token": secret(name), "enabled": True} | times | more
    )


def share(pk, name, *filters, **more):
    chosen = {"filters": list(filters) or None, "filtersOperator": "AND"}
    token = {"id": pk, "name": name, "token": secret(name)}
    return token | chosen | {"expirationDate": time.time() + 86_400} | more


ONE_OF_EVERYTHING = {
    ACCOUNTS: [
        account(
            2, "Staging", searchable=True, sharingObjectsAccounts=[{"accountId": 1}]
        ),
        account(1, "Acme", isOwner=True, maxDailyGB=40, retentionDays=30),
    ],
    DETAILED: [
        view(1, secret("default")),
        view(2, secret("sub"), active=False),
    ],
    METRICS: [
        {
            "id": 3,
            "accountName": "Acme metrics",
            "token": secret("metrics"),
            "planUts": 500,
            "authorizedAccountsIds": [2, 9],
        }
    ],
    PEOPLE: [
        person(7, "Ada@acme.example", 1, "USER_ROLE_ACCOUNT_ADMIN"),
        person(8, "max@acme.example", 2, active=False),
        person(8, "max@acme.example", 9),
    ],
    ASSOCIATED: [
        {"accountId": 1, "accountName": "Acme", "type": "OWNER_ACCOUNT"},
        {"accountId": 9, "accountName": "Spans", "type": "TRACING_ACCOUNT"},
    ],
    (FILTERS, MAIN_KEY): [
        {"id": 4, "field": "env", "value": "prod", "description": "ours"},
        {"id": 5, "field": "env", "value": "prod", "description": "again"},
    ],
    (SHARES, MAIN_KEY): [share(6, "Partner", 4, 5, filtersOperator="OR")],
}


class Elsewhere(ThreadingHTTPServer):
    """Answers by path, or by path and key; `faults` come first, one after another.

    A fault is a status, perhaps with seconds to wait, the bytes of an answer, or for
    how long nothing comes.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.faults, self.asked = {}, []
        self.log_tokens = {MAIN_KEY: [log_token(1, "default")]}
        self.answers = {
            ("/v2/whoami", MAIN_KEY): {"accountId": 1, "accountName": "Acme"},
            ("/v2/whoami", SUB_KEY): {"accountId": 2, "accountName": "Staging"},
            ACCOUNTS: [account(1, "Acme", isOwner=True)],
            DETAILED: [view(1, secret("default"))],
        }
        lists = (METRICS, PEOPLE, ASSOCIATED, SHARES, FILTERS)
        self.answers |= {path: [] for path in lists}

    def answer(self, path, key, body):
        if path == SEARCH:
            return self._search(self.log_tokens[key], **body)
        return self.answers.get((path, key), self.answers.get(path))

    def _search(self, tokens, filter, pagination):  # noqa: A002 -- the API's name
        found = [each for each in tokens if each["enabled"] == filter["enabled"]]
        size = pagination["pageSize"]
        start = (pagination["pageNumber"] - 1) * size
        return {"total": len(found), "results": found[start : start + size]}


class Answering(BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.partition("?")[0]
        text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, path, json.loads(text or "null")))
        fault = next(self.server.faults.get(path, iter(())), None)
        key = self.headers["X-API-TOKEN"]
        if isinstance(fault, float):
            time.sleep(fault)
        elif isinstance(fault, int | tuple):
            self.say(fault, b"An error that quotes " + key.encode())
        else:
            answer = self.server.answer(path, key, json.loads(text or "null"))
            said = fault or json.dumps(answer).encode()
            self.say(404 if answer is None and not fault else 200, said)

    do_POST = do_GET  # noqa: N815 -- the library's name

    def say(self, status, text):
        status, *waits = status if isinstance(status, tuple) else (status,)
        self.send_response(status)
        for seconds in waits:
            self.send_header("Retry-After", seconds)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        """Be quiet."""


@contextmanager
def running():
    with Elsewhere() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
