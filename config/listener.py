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
import threading
import time
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from config.asgi_requests import Arriving

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


def listen(listener):
    """Serve until this process is stopped or the one that started it is gone."""
    # Ctrl+C in a terminal reaches who keeps this process, and nothing below: a worker that
    # ends by itself would be taken for one that failed.
    os.setpgrp()
    end_with_parent()
    clear_away(listener.socket)
    loader = partial(load, listener)
    build(listener).serve(target_loader=loader, wrap_loader=False)


def clear_away(path):
    """Remove the socket of a process that was killed: nobody can listen there again."""
    if path and Path(path).is_socket():
        Path(path).unlink()


def build(listener):
    place = {"address": listener.host, "port": listener.port}
    if listener.socket:
        # Who may write to the socket may ask: its owner and its group.
        place = {"uds": Path(listener.socket), "uds_permissions": 0o660}
    return Granian(
        listener.application,
        **place,
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


def load(listener):
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
    if not listener.takes_bodies:
        return application
    # Granian's own thread comes to its end a moment after the event loop, and aborts the
    # process when Python has gone before it.
    atexit.register(time.sleep, LAST_SECONDS)
    return Arriving(application, listener.threads)


def end_with_parent():
    """Stop this process as soon as its parent is gone, however that went."""
    parent = multiprocessing.parent_process()
    threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent):
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)  # pragma: no cover -- ends what would count it
