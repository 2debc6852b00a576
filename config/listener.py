"""One place where Tollgate listens: granian, in processes of its own.

Over ASGI requests are read whole and keep every header; over WSGI, which takes half the
time of a question about a token, what is not ASCII arrives empty, and a header with an
underscore in its name takes the place of its twin with a dash.
"""

import atexit
import gc
import multiprocessing
import os
import signal
import socket
import threading
import time
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection, wait

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.net import SocketHolder

from config.asgi_requests import Arriving
from config.preflight import BACKLOG

GRACE_SECONDS = 20
LAST_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Listener:
    """Where to listen, and what answers there, as `module:name`.

    It listens at a `socket`, or without one at `host` and `port`.
    """

    application: str
    workers: int
    threads: int
    host: str = ""
    port: int = 0
    socket: str = ""
    takes_bodies: bool = False


@dataclass(frozen=True, slots=True)
class Connections:
    """To whoever keeps the processes: a worker tells that it is `ready`.

    When `left` comes to its end, another version listens at the same place.
    """

    ready: Connection
    left: Connection


class Sharing(Granian):
    """Granian at a socket that is open, which it would open by itself in each worker."""

    def __init__(self, place, *arguments, **options):
        super().__init__(*arguments, **options)
        self._place = place

    def _init_shared_socket(self):
        is_path = self._place.family == socket.AF_UNIX
        self._shd = SocketHolder(self._place.fileno(), is_path, BACKLOG)
        self._sfd = self._place.fileno()
        self._ssp = None
        self._sso = self._place


def listen(listener, place, connections):
    """Serve at a socket until this process is stopped or who started it is gone."""
    # Ctrl+C in a terminal reaches who keeps this process, and nothing below: a worker that
    # ends by itself would be taken for one that failed.
    os.setpgrp()
    end_with_parent()
    loader = partial(load, listener, connections)
    build(listener, place).serve(target_loader=loader, wrap_loader=False)


def build(listener, place):
    return Sharing(
        place,
        listener.application,
        interface=Interfaces.ASGINL if listener.takes_bodies else Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=listener.workers,
        blocking_threads=1 if listener.takes_bodies else listener.threads,
        workers_kill_timeout=GRACE_SECONDS,
        respawn_failed_workers=True,
        # Its warnings are advice on tuning; what matters is logged as an error.
        log_level=LogLevels.error,
    )


def load(listener, connections):
    """Return what answers; each worker does this once."""
    end_with_parent()
    name, _, attribute = listener.application.partition(":")
    module = import_module(name)
    application = getattr(module, attribute)
    # What is there by now stays: to look for rubbish in it took a twentieth of a page.
    gc.collect()
    gc.freeze()
    # What was under way when the server stopped goes on, whether anybody asks or not.
    for part in (module, application):
        if hasattr(part, "begin"):
            part.begin()
    application = until_left(application, connections.left)
    connections.ready.send_bytes(b"ready")
    if not listener.takes_bodies:
        return application
    # Granian's own thread comes to its end a moment after the event loop, and aborts the
    # process when Python has gone before it.
    atexit.register(time.sleep, LAST_SECONDS)
    return Arriving(application, listener.threads)


def until_left(application, left):
    """Return a WSGI application that keeps no connection once `left` comes to its end."""
    is_left = threading.Event()
    threading.Thread(target=_set_after, args=(left, is_left), daemon=True).start()

    def answer(environ, start_response):
        if is_left.is_set():
            start_response = partial(last, start_response)
        return application(environ, start_response)

    return answer


def last(start_response, status, headers, *error):
    return start_response(status, [*headers, ("Connection", "close")], *error)


def _set_after(left, event):
    wait([left])
    event.set()


def end_with_parent():
    """Stop this process as soon as its parent is gone, however that went."""
    parent = multiprocessing.parent_process()
    threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent):
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)  # pragma: no cover -- ends what would count it
