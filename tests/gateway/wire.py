"""A proxy's side of the wire: one connection that is kept, and no time lost on it."""

import re
import socket

from tests.waiting import PATIENCE_SECONDS


class Wire:
    """Asks a running gate; every question gives the status of its answer.

    Raises OSError when there is none.
    """

    def __init__(self, port, gateway, path=None):
        self._socket = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self._socket.settimeout(PATIENCE_SECONDS)
        try:
            self._socket.connect(path or ("127.0.0.1", port))
        except OSError:
            self._socket.close()
            raise
        self._credential = f"X-Tollgate-Gateway: {gateway}\r\n" if gateway else ""

    def ask(self, signal, token, *headers):
        """Ask about a token; headers are lines of their own, sent as UTF-8."""
        more = "".join(f"{header}\r\n" for header in headers)
        question = (
            f"GET /gateway/verify/{signal} HTTP/1.1\r\nHost: localhost\r\n"
            f"{self._credential}X-API-TOKEN: {token}\r\n{more}\r\n"
        )
        self._socket.sendall(question.encode())
        head, answer = b"", b""
        while not head:
            answer += self._received()
            head, _, body = answer.rpartition(b"\r\n\r\n")
        length = re.search(rb"(?i)\ncontent-length: (\d+)", head)
        while length and len(body) < int(length[1]):
            body += self._received()
        return int(head[9:12])

    def _received(self):
        part = self._socket.recv(4096)
        if not part:
            raise ConnectionResetError("closed without an answer")
        return part

    def close(self):
        self._socket.close()
