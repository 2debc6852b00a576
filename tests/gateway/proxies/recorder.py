"""A store that takes everything and remembers what it was asked."""

import gzip
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Request:
    """What arrived; it is remembered as soon as its head did, before its body."""

    method: str
    path: str
    headers: list
    body: bytes = b""

    def values(self, name):
        """Return all values of a header, however its name is spelt."""
        plain = name.lower().replace("_", "-")
        return [
            value
            for key, value in self.headers
            if key.lower().replace("_", "-") == plain
        ]

    @property
    def text(self):
        packed = self.values("Content-Encoding") == ["gzip"]
        return (gzip.decompress(self.body) if packed else self.body).decode()


@dataclass
class Recorder:
    status: int = 200
    body: bytes = b"{}"
    delay: float = 0
    headers: dict = field(default_factory=dict)
    requests: list = field(default_factory=list)
    port: int = 0

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self):
        recorder = self

        class Handler(Recording):
            store = recorder

        with Server(("127.0.0.1", 0), Handler) as server:
            self.port = server.server_port
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield self
            server.shutdown()

    def answers(self, status=200, body=b"{}", delay=0, **headers):
        """Say what every request is answered from now on, and after which time.

        With a status of 0 the connection is closed instead.
        """
        self.status, self.body, self.delay, self.headers = status, body, delay, headers

    def drain(self):
        """Return the requests since the last time."""
        found, self.requests[:] = list(self.requests), []
        return found


class Server(ThreadingHTTPServer):
    # A proxy opens many connections at once, and drops one when it likes.
    request_queue_size = 128

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Recording(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer goes out in two pieces, and the second must not wait for an
    # acknowledgement of the first.
    disable_nagle_algorithm = True
    store = None

    def answer(self):
        request = Request(self.command, self.path, self.headers.items())
        self.store.requests.append(request)
        request.body = self._body()
        time.sleep(self.store.delay)
        if self.store.status:
            self._send(self.store.status, self.store.body)
        else:
            self.close_connection = True

    def _body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _chunks(self):
        while size := int(self.rfile.readline() or b"0", 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _send(self, status, body):
        self.send_response(status)
        # RFC 9110: such an answer has no body, and no length.
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        for name, value in self.store.headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if status != 204 and self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args):
        pass


for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
    setattr(Recording, f"do_{method}", Recording.answer)
