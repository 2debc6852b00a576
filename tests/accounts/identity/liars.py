"""Servers on this machine that are no provider, or a wrong one."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Liar(ThreadingHTTPServer):
    """Answers each path with what `says` has for it: a status and anything."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.says, self.asked = {}, []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def claims_to_be(self, **metadata):
        """Let it say what a provider says of itself, but for some of it."""
        said = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/auth",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            **metadata,
        }
        self.says["/.well-known/openid-configuration"] = (200, said)


class _Handler(BaseHTTPRequestHandler):
    def _answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(self.path)
        status, said = self.server.says.get(self.path, (404, {}))
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 -- so the library names them

    def log_message(self, *args):
        """Say nothing in the output of tests."""


@contextmanager
def lying():
    with Liar() as liar:
        thread = threading.Thread(target=liar.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield liar
        finally:
            liar.shutdown()
            thread.join()
