"""The web server: granian over WSGI.

A program of its own, so that the workers inherit no connection or thread from the
process that checked the installation.
"""

import argparse
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from accounts.api.own.counts import SHARED_FILE, SIZE

GRACE_SECONDS = 20
# Questions of gateways wait for nothing: more threads only fight for the interpreter.
SOCKET_THREADS = 2


def main():
    options = parse(sys.argv[1:])
    # Forking would copy the announcing thread's locks into the workers.
    multiprocessing.set_start_method("spawn")
    server = build(options)
    if options.only_socket:
        beside = threading.Thread(target=end_with, args=(os.getppid(),), daemon=True)
    else:
        beside = threading.Thread(target=announce, args=(options,), daemon=True)
    server.on_startup(beside.start)
    if options.socket and not options.only_socket:
        server.on_shutdown(listen_on_socket().terminate)
    with counted_together():
        server.serve()


@contextmanager
def counted_together():
    """Lay down the file in which all workers count the calls of the API."""
    with tempfile.NamedTemporaryFile(prefix="tollgate-counts-") as file:
        file.truncate(SIZE)
        os.environ[SHARED_FILE] = file.name
        yield


def parse(arguments):
    parser = argparse.ArgumentParser(prog="config.server")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("workers", type=int)
    parser.add_argument("threads", type=int)
    parser.add_argument("--socket", type=Path, help="where gateways ask as well")
    parser.add_argument("--only-socket", action="store_true")
    return parser.parse_args(arguments)


def build(options):
    place, threads = {"address": options.host, "port": options.port}, options.threads
    if options.only_socket:
        # Who may write to the socket may ask: its owner and its group.
        place = {"uds": options.socket, "uds_permissions": 0o660}
        threads = min(threads, SOCKET_THREADS)
    return Granian(
        "config.wsgi:application",
        **place,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=options.workers,
        blocking_threads=threads,
        workers_kill_timeout=GRACE_SECONDS,
        respawn_failed_workers=True,
        # Its warnings are advice on tuning; what matters is logged as an error.
        log_level=LogLevels.error,
    )


def listen_on_socket():
    """Start the same server once more: granian listens in one place only."""
    command = [sys.executable, "-m", "config.server", *sys.argv[1:], "--only-socket"]
    return subprocess.Popen(command, env=os.environ | {"GATEWAY_LISTENER": "socket"})  # noqa: S603 -- our own program


def end_with(parent):
    """Stop this process soon after its parent is gone, however that went."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)  # pragma: no cover -- ends what would count it


def announce(options):
    """Print the address once somebody answers there."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(options.host, options.host)  # noqa: S104 -- compared, not bound
    while True:
        try:
            socket.create_connection((host, options.port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            break
    shown = f"[{host}]" if ":" in host else host
    sys.stdout.write(f"Tollgate is ready at http://{shown}:{options.port}/\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
