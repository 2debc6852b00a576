"""Cost of a known token at the gate and at the API, here and in another checkout.

    git worktree add ../before <commit>
    .venv/bin/python -m benchmarks.known_token ../before

Both run in turns, a short while each, and their CPU time is compared, so that whatever
else the machine does falls upon both alike. The middle of the turns is told, and the rate
of here as a part of the other's: 0.97 is three parts in a hundred slower. Each needs its
own .env (`make env`).
"""

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

TURNS = int(os.environ.get("TURNS", "60"))
MEASURED = ("ask", 20_000), ("query", 20_000), ("call", 200), ("list", 100)
# What runs in each checkout: its own code, and a database that is made for it.
WORKER = """
import sys, time

import django

django.setup()
from django.core.management import call_command
from django.test import Client

call_command("migrate", verbosity=0)
from gateway.verify.gate import Gate
from tests.factories import MainFactory, TokenFactory

main = MainFactory()
gateway, shipper, caller = (
    TokenFactory(account=None if kind == "gateway" else main, kind=kind).secret_text
    for kind in ("gateway", "logs", "api")
)
gate, client = Gate(), Client()
asked = {
    "PATH_INFO": "/gateway/verify/logs",
    "REQUEST_METHOD": "GET",
    "HTTP_X_TOLLGATE_GATEWAY": gateway,
    "HTTP_X_API_TOKEN": shipper,
    "HTTP_X_REAL_IP": "203.0.113.9",
    "HTTP_USER_AGENT": "Fluent-Bit",
    "REMOTE_ADDR": "127.0.0.1",
}
WHOAMI, SHOWN = "/v1/account-management/whoami", {"X-API-TOKEN": caller, "Host": "127.0.0.1"}
statuses = set()


# The one that may be kept to scopes and accounts.
queried = asked | {
    "PATH_INFO": "/gateway/verify/query-logs", "HTTP_X_API_TOKEN": caller,
}


def ask(times, asked=asked):
    gate.watcher.poll()
    begun = time.process_time()
    for _ in range(times):
        gate(asked, lambda status, headers: statuses.add(status))
        if time.monotonic() - gate.watcher.snapshot.seen_at > 0.5:
            gate.watcher.poll()
    return time.process_time() - begun


def query(times):
    return ask(times, queried)


def call(times, path=WHOAMI):
    begun = time.process_time()
    for _ in range(times):
        statuses.add(client.get(path, headers=SHOWN).status_code)
    return time.process_time() - begun


def listing(times):
    return call(times, "/api/v1/tokens")


for line in sys.stdin:
    what, times = line.split()
    taken = {"ask": ask, "query": query, "call": call, "list": listing}[what](int(times))
    assert statuses <= {"204 No Content", 200}, statuses
    print(taken, flush=True)
"""


def main(other):
    """Print the CPU time of a question and of a call here and there, and how they compare."""
    with ExitStack() as stack:
        here, there = (
            stack.enter_context(_worker(Path(folder), stack)) for folder in (".", other)
        )
        for what, times in MEASURED:
            both = [_turn(here, there, what, times, turn) for turn in range(TURNS)]
            ours, theirs = (
                median(each) / times * 1e6 for each in zip(*both, strict=True)
            )
            part = median(before / now for now, before in both)
            sys.stdout.write(
                f"{what}: {theirs:.2f} us before, {ours:.2f} us now, {part:.3f} of its rate\n"
            )


def _worker(folder, stack):
    kept = stack.enter_context(tempfile.TemporaryDirectory())
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"sqlite:///{kept}/benchmark.sqlite3",
        "ALLOWED_HOSTS": "127.0.0.1",
        "API_RATE": "1000000000",
        "LOGZIO_API_RATE": "1000000000",
    }
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, "-c", WORKER]
    where = {"cwd": folder.resolve(), "env": environment}
    return subprocess.Popen(command, **where, **pipes)  # noqa: S603 -- our own program


def _turn(here, there, what, times, turn):
    """Return the CPU seconds of both; who begins changes with each turn."""
    order = (here, there) if turn % 2 else (there, here)
    taken = {worker: _taken(worker, what, times) for worker in order}
    return taken[here], taken[there]


def _taken(worker, what, times):
    worker.stdin.write(f"{what} {times}\n")
    worker.stdin.flush()
    return float(worker.stdout.readline())


if __name__ == "__main__":
    main(sys.argv[1])
