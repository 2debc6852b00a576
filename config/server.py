"""The server: a process for each place where it listens, and one that keeps them.

`python -m config.server LISTENERS [SECONDS]`: a list in JSON of what makes each Listener,
and for how long `/readyz` says 503 before it stops.

A program of its own, so that the workers inherit no connection or thread from the
process that checked the installation. Nothing here imports Django.
"""

import json
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from multiprocessing.connection import wait

from accounts.metrics import reported
from accounts.rate_limits.shared_counts import SHARED_FILE, SIZE
from accounts.web import draining
from config.listener import Listener, listen
from config.preflight import CannotStartError, hold

# Asked by Prometheus for what all the others count.
METRICS = "config.metrics:application"
# What ends sooner than that would end again.
CRASH_SECONDS = 5


def main():
    listeners = [Listener(**options) for options in json.loads(sys.argv[1])]
    try:
        held = hold_places(listeners)
    except CannotStartError as reason:
        sys.exit(f"Tollgate cannot start: {reason}")
    # Forking would copy the announcing thread's locks into what is started.
    multiprocessing.set_start_method("spawn")
    os.environ["TOLLGATE_STARTED"] = os.urandom(16).hex()
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 0
    is_watched = any(listener.application == METRICS for listener in listeners)
    told_of = reported() if is_watched else nullcontext()
    with held, counted_together(), draining.watched(), told_of, told_to_stop() as told:
        announcing = threading.Thread(target=announce, args=(listeners,), daemon=True)
        announcing.start()
        sys.exit(keep(listeners, told, seconds))


def hold_places(listeners):
    """Take the places where listeners will be, each its own; raises CannotStartError.

    Returns a context in which nobody else gets them.
    """
    taken = set()
    with ExitStack() as held:
        for listener in listeners:
            if listener.socket:
                require_unused(listener)
                continue
            # Two would both listen there, and answer by turns.
            if listener.port in taken:
                raise CannotStartError(
                    "PORT, GATEWAY_PORT and METRICS_PORT must differ: "
                    f"{listener.port} is there twice."
                )
            taken.add(listener.port)
            held.enter_context(closing(hold(listener.host, listener.port)))
        return held.pop_all()


def require_unused(listener):
    """Raise CannotStartError if somebody listens at a socket, which we would take away."""
    with suppress(OSError):
        connect(listener)
        raise CannotStartError(f"The socket {listener.socket} is in use")


@contextmanager
def counted_together():
    """Lay down the file in which all workers count the calls of the API."""
    with tempfile.NamedTemporaryFile(prefix="tollgate-counts-") as file:
        file.truncate(SIZE)
        os.environ[SHARED_FILE] = file.name
        yield


@contextmanager
def told_to_stop():
    """Give a file that becomes readable when this process is told to stop."""
    told, telling = os.pipe()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda told, _: os.write(telling, bytes([told])))
    yield told


def keep(listeners, told, drain_seconds=0):
    """Run a process for each Listener, and another one for each that ends by itself.

    Returns the exit code: 1 when one of them ended as soon as it had begun.
    """
    running = dict(start(listener) for listener in listeners)
    while told not in (ended := wait([told, *running])):
        for sentinel in ended:
            process, listener, began = running.pop(sentinel)
            process.join()
            if time.monotonic() - began < CRASH_SECONDS:
                stop(running)
                return 1
            running |= [start(listener)]
    drain(told, drain_seconds)
    stop(running)
    return 0


def drain(told, seconds):
    """Be not ready for a while, in which whoever asks /readyz turns to another server.

    What is asked meanwhile is answered as ever. Ctrl+C stops at once, and so does being
    told a second time.
    """
    if os.read(told, 1) == bytes([signal.SIGTERM]) and seconds:
        draining.begin()
        wait([told], timeout=seconds)


def start(listener):
    process = multiprocessing.Process(target=listen, args=(listener,))
    process.start()
    return process.sentinel, (process, listener, time.monotonic())


def stop(running):
    for process, *_ in running.values():
        process.terminate()
    for process, *_ in running.values():
        process.join()


def announce(listeners):
    """Print the portal's address, which comes first, once each listener answers."""
    for listener in listeners:
        wait_for(listener)
    host, port = reached_at(listeners[0])
    shown = f"[{host}]" if ":" in host else host
    sys.stdout.write(f"Tollgate is ready at http://{shown}:{port}/\n")
    sys.stdout.flush()


def wait_for(listener):
    while True:
        try:
            connect(listener)
        except OSError:
            time.sleep(0.05)
        else:
            return


def connect(listener):
    if listener.socket:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(listener.socket)
    else:
        socket.create_connection(reached_at(listener), timeout=1).close()


def reached_at(listener):
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- compared, not bound
    return everywhere.get(listener.host, listener.host), listener.port


if __name__ == "__main__":
    main()
