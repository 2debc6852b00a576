"""The server: a process for each place where it listens, and one that keeps them.

`python -m config.server LISTENERS [SECONDS [COMMAND…]]`: a list in JSON of what makes each
Listener; for how long `/readyz` says 503 before it stops; and what to run when it is told
by SIGHUP that there is another version, to get the list of that one.

A program of its own, so that the workers inherit no connection or thread from the
process that checked the installation. Nothing here imports Django.
"""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager, nullcontext
from multiprocessing.connection import wait

from accounts.metrics import reported
from accounts.web import draining
from config.listener import Listener
from config.places import Places
from config.preflight import CannotStartError
from config.processes import Processes

# Asked by Prometheus for what all the others count.
METRICS = "config.metrics:application"


def main():
    listeners = [Listener(**options) for options in json.loads(sys.argv[1])]
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 0
    # Forking would copy the locks of other threads into what is started.
    multiprocessing.set_start_method("spawn")
    is_watched = any(listener.application == METRICS for listener in listeners)
    try:
        places = Places(listeners)
    except CannotStartError as reason:
        sys.exit(f"Tollgate cannot start: {reason}")
    with ExitStack() as stack:
        stack.enter_context(draining.watched())
        stack.enter_context(reported() if is_watched else nullcontext())
        command = sys.argv[3:]
        told = stack.enter_context(told_by_signals(is_updated=bool(command)))
        sys.exit(Server(listeners, places, told, seconds, command).run())


@contextmanager
def told_by_signals(*, is_updated):
    """Give a file that has a byte to read for each signal, which is its number."""
    told, telling = os.pipe()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if is_updated:
        numbers.append(signal.SIGHUP)
    for number in numbers:
        signal.signal(number, lambda told, _: os.write(telling, bytes([told])))
    yield told


class Server:
    """Keeps the processes of one version, until it is told to stop or of another one."""

    def __init__(self, listeners, places, told, drain_seconds=0, command=()):
        self._listeners, self._places = listeners, places
        self._told, self._drain_seconds = told, drain_seconds
        self._command = command
        self._processes = None

    def run(self):
        """Serve; returns the exit code: 1 when a process ended as soon as it had begun."""
        self._processes = Processes(self._listeners, self._places)
        is_announced = False
        while not (self._processes.crashed or self._is_to_stop()):
            self._processes.watch([self._told])
            if self._processes.are_ready and not is_announced:
                say(f"Tollgate is ready at http://{self._places.portal}/")
                is_announced = True
        self._processes.stop()
        self._places.close()
        return int(self._processes.crashed)

    def _is_to_stop(self):
        """Do what this process was told, and return whether that was to stop."""
        if not wait([self._told], timeout=0):
            return False
        told = os.read(self._told, 1)[0]
        if told == signal.SIGHUP:
            self._update()
            return False
        if told == signal.SIGTERM and self._drain_seconds:
            self._drain()
        return True

    def _drain(self):
        """Be not ready for a while, in which whoever asks /readyz turns to another server.

        What is asked meanwhile is answered as ever. Ctrl+C stops at once, and so does
        being told a second time.
        """
        draining.begin()
        wait([self._told], timeout=self._drain_seconds)

    def _update(self):
        """Give every place to processes of the version that is installed now.

        Those of the version before go on until the new ones answer, and for good when the
        new version cannot start.
        """
        try:
            listeners = self._asked_again()
            places = self._places.with_those_of(listeners)
        except CannotStartError as reason:
            complain(reason)
            return
        new = Processes(listeners, places)
        if not new.become_ready(self._told):
            new.stop()
            places.close_those_not_in(self._places)
            complain("the new version did not become ready.")
            return
        self._processes.leave()
        wait([self._told], timeout=self._drain_seconds)
        self._processes.stop()
        self._places.close_those_not_in(places)
        self._listeners, self._places, self._processes = listeners, places, new
        say("Tollgate was updated")

    def _asked_again(self):
        # What it complains of comes out where this process complains.
        done = subprocess.run(  # noqa: S603 -- as this process was started
            [sys.executable, *self._command], stdout=subprocess.PIPE, check=False
        )
        if done.returncode:
            raise CannotStartError("the new version does not fit this installation.")
        return [Listener(**options) for options in json.loads(done.stdout)]


def say(sentence):
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def complain(reason):
    sys.stderr.write(f"Tollgate goes on as it was: {reason}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
