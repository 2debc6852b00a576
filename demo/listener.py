"""A listener for the demo: it takes what a proxy's would, and keeps nothing of it.

It asks the gate about each token, so that a line copied from a page works at once and
its use is counted.
"""

from urllib.parse import parse_qs

from gateway.verify.conditions import ASKED_AGAIN
from gateway.verify.decisions import PASS
from gateway.verify.gate import VERIFY_PATH, Gate

SIGNAL_OF_PATH = {
    "/": "logs",
    "/loki/api/v1/push": "logs",
    "/v1/logs": "logs",
    "/api/v1/write": "metrics",
    "/api/v1/push": "metrics",
    "/api/v1/import": "metrics",
    "/api/v1/import/prometheus": "metrics",
    "/v1/metrics": "metrics",
    "/v1/traces": "traces",
}
MOST_BYTES = 10 * 1024 * 1024
TEXT = ("Content-Type", "text/plain")
# Clients of Logz.io take 200 alone for success, those of Loki 204.
TAKEN = {
    "/": ("200 OK", [("Content-Type", "application/json")], [b"{}"]),
    "/v1": ("200 OK", [("Content-Type", "application/x-protobuf")], [b""]),
    "": ("204 No Content", [], [b""]),
}


class DemoListener:
    """A WSGI application over a gate, by whose memory it goes."""

    def __init__(self, gate):
        self._gate = Gate(watcher=gate.watcher, memory=gate.memory, trusts_callers=True)

    def __call__(self, environ, start_response):
        status, headers, body = self._answer(environ)
        start_response(status, headers)
        return body

    def _answer(self, environ):
        path = environ["PATH_INFO"]
        if path not in SIGNAL_OF_PATH:
            return "404 Not Found", [TEXT], [b"There is nothing at this address\n"]
        if environ["REQUEST_METHOD"] != "POST":
            allow = ("Allow", "POST")
            return "405 Method Not Allowed", [TEXT, allow], [b"It takes POST only\n"]
        environ["wsgi.input"].read(MOST_BYTES)
        decision = self._gate.answer(_asked(environ, SIGNAL_OF_PATH[path]))
        if decision.status is not PASS:
            return decision.status, decision.headers, decision.body
        return TAKEN.get(path) or TAKEN["/v1" if path.startswith("/v1/") else ""]


def _asked(environ, signal):
    """Return the question that a proxy would ask about a request."""
    arguments = parse_qs(environ.get("QUERY_STRING", ""))
    own = {
        "PATH_INFO": f"{VERIFY_PATH}{signal}",
        "HTTP_X_TOLLGATE_TOKEN": arguments.get("token", [""])[0],
        "HTTP_X_REAL_IP": environ.get("REMOTE_ADDR", ""),
    }
    # Whether a call was asked about before is for a proxy to say.
    return {name: environ[name] for name in environ if name != ASKED_AGAIN} | own
