"""A store that takes everything and remembers what it was asked."""

import gzip
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Request:
    method: str
    path: str
    headers: list
    body: bytes

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

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.port = server.server_port
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield self
            server.shutdown()

    def drain(self):
        """Return the requests since the last time."""
        found, self.requests[:] = list(self.requests), []
        return found


class Recording(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer goes out in two pieces, and the second must not wait for an
    # acknowledgement of the first.
    disable_nagle_algorithm = True
    store = None

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = Request(self.command, self.path, self.headers.items(), body)
        self.store.requests.append(request)
        self.send_response(self.store.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"{}")

    def log_message(self, *args):
        pass


for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
    setattr(Recording, f"do_{method}", Recording.answer)
