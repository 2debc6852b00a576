"""A Tollgate of a few lines, whose answers and generations a test says."""

import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EPOCH = "0123456789abcdef"
TOLD = {
    "X-Tollgate-Kind": "logs",
    "X-Scope-OrgID": "7",
    "AccountID": "7",
    "ProjectID": "0",
}


class ScriptedGate:
    """Lets tokens pass that are in `passing`; all are of one slot, whose number moves.

    `questions`, `looks` and `batches` are what came; `break_look` and `break_batch` take
    the handler, and return true when they answered in their own way.
    """

    def __init__(self):
        self.number = self.turn = 0
        self.start_anew()

    def start_anew(self):
        """Be as at first, while nothing of before is true or counted any more."""
        self.turn += 1
        self.number += 1
        self.passing, self.epoch, self.milliseconds = {"good"}, EPOCH, 600_000
        self.questions, self.looks, self.batches = [], [], []
        self.break_look = self.break_batch = lambda handler: False
        self.before_answer = lambda token: None

    @contextmanager
    def running(self):
        server = _Server(("127.0.0.1", 0), _Asked)
        server.gate, self.port = self, server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def stop(self, token):
        self.passing.discard(token)
        self.number += 1

    def decide(self, token):
        """Return the status and headers about a token, as it stood when it was asked."""
        self.questions.append(token)
        number, passes = self.number, token in self.passing
        self.before_answer(token)
        slot = "all" if token.startswith("unknown") else "9"
        handle = "-" if slot == "all" else f"{token}_{self.turn}"
        keep = f"{slot} {number:016x} {self.epoch} {self.milliseconds} {handle}"
        headers = {"X-Tollgate-Keep": keep}
        if passes:
            return 204, headers | TOLD
        status = 401 if slot == "all" else 403
        headers["X-Tollgate-Says"] = f"Not {token}"
        headers["Content-Length"] = "0"
        return status, headers

    def generations(self):
        self.looks.append(time.monotonic())
        number = f"{self.number:016x}"
        lines = "tollgate-generations 1", f"epoch {self.epoch}", "age 0"
        lines = *lines, f"all {number}", f"slots {number * 256}", "end", ""
        return "\n".join(lines).encode()

    def counted(self):
        """Return {token: calls} of all batches that were taken, each one once."""
        calls = Counter()
        for body in dict(self.batches).values():
            *rows, end, rest = body.split("\n")
            assert (end, rest) == (f"end {len(rows)}", "")
            for row in rows:
                handle, times, *_ = row.split("\t")
                token, _, turn = handle.rpartition("_")
                if turn == str(self.turn):
                    calls[token] += int(times)
        return calls


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *args):
        """Say nothing: proxies drop connections as they like."""


class _Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        gate = self.server.gate
        if self.path == "/gateway/generations":
            if not gate.break_look(self):
                self.answer(200, body=gate.generations())
        else:
            self.answer(*gate.decide(self.headers.get("X-API-TOKEN", "")))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        gate = self.server.gate
        if not gate.break_batch(self):
            self.answer(200, body=b"counted\n")
        else:
            return
        gate.batches.append((self.headers["X-Tollgate-Batch"], body))

    def answer(self, status, headers=None, body=b""):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if body:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Write nothing down."""
