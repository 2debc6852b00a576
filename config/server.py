"""The web server: granian over WSGI.

A program of its own, so that the workers inherit no connection or thread from the
process that checked the installation.
"""

import argparse
import multiprocessing
import socket
import sys
import threading
import time

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

GRACE_SECONDS = 20


def main():
    parser = argparse.ArgumentParser(prog="config.server")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("workers", type=int)
    parser.add_argument("threads", type=int)
    options = parser.parse_args()
    # Forking would copy the announcing thread's locks into the workers.
    multiprocessing.set_start_method("spawn")
    server = build(options)
    server.on_startup(
        threading.Thread(target=announce, args=(options,), daemon=True).start
    )
    server.serve()


def build(options):
    return Granian(
        "config.wsgi:application",
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=options.workers,
        blocking_threads=options.threads,
        workers_kill_timeout=GRACE_SECONDS,
        respawn_failed_workers=True,
        # Its warnings are advice on tuning; what matters is logged as an error.
        log_level=LogLevels.error,
    )


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
