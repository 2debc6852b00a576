"""Connections to other servers: to addresses that somebody lets pass, and never for long.

The address is checked at the moment of connecting, and that very address is connected
to: a name that means something else a moment later (DNS rebinding) gains nothing.
"""

import re
import socket
import ssl
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import httpcore

ADDRESSES_TRIED = 3
FAILURES = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer: a status, or 0 and the reason why there was none."""

    status: int
    text: str
    # How long it asks to wait before the next try.
    retry_after: timedelta = timedelta()

    @property
    def is_fine(self):
        return 200 <= self.status < 300

    def __str__(self):
        return f"{self.status} {self.text}".strip() if self.status else self.text


def retry_after(response):
    """Return what Retry-After asks for in seconds; it is seldom a date, and then not."""
    names = {name.lower(): value for name, value in response.headers}
    seconds = names.get(b"retry-after", b"")
    if not re.fullmatch(rb"[0-9]{1,9}", seconds):
        return timedelta()
    return timedelta(seconds=int(seconds))


@contextmanager
def calling(method, url, headers, body, *, seconds, find=None, context=None):
    """Send a request and yield httpcore's Response, to be read until a deadline.

    `find` is as Guard has it; without one any address is called. Certificates are checked
    by a `context` of ssl's, or by what was trusted when the process began to call.
    Raises what is in FAILURES.
    """
    guard = Guard(time.monotonic() + seconds, find or resolved)
    with (
        httpcore.ConnectionPool(context or _trusted(), network_backend=guard) as pool,
        pool.stream(method, url, headers=headers, content=body) as response,
    ):
        yield response


@cache
def _trusted():
    """Return what certificates are checked by; to read them takes a while."""
    return ssl.create_default_context()


class Guard(httpcore.NetworkBackend):
    """Connects to the addresses that are found for a host, until a deadline.

    `find` takes host, port and seconds, and raises ConnectError for what may not be
    connected to.
    """

    def __init__(self, deadline, find):
        self._deadline = deadline
        self._find = find
        self._backend = httpcore.SyncBackend()

    def connect_tcp(self, host, port, **options):
        options["timeout"] = left(self._deadline)
        error = None
        found = self._find(host, port, options["timeout"])
        for address in found[:ADDRESSES_TRIED]:
            try:
                stream = self._backend.connect_tcp(address, port, **options)
            except httpcore.ConnectError as failure:
                error = failure
            else:
                return Bounded(stream, self._deadline)
        raise error


class Bounded(httpcore.NetworkStream):
    """A stream that a slow sender cannot keep open beyond the deadline."""

    def __init__(self, stream, deadline):
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes, timeout=None):
        return self._stream.read(max_bytes, left(self._deadline))

    def write(self, buffer, timeout=None):
        self._stream.write(buffer, left(self._deadline))

    def close(self):
        self._stream.close()

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        stream = self._stream.start_tls(
            ssl_context, server_hostname, left(self._deadline)
        )
        return Bounded(stream, self._deadline)

    def get_extra_info(self, info):
        return self._stream.get_extra_info(info)


def left(deadline):
    """Return the seconds until a deadline; raises once there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout("the deadline has passed")
    return seconds


def resolved(host, port, seconds):
    """Return the addresses of a host; raises ConnectError or ConnectTimeout."""
    try:
        found = _looked_up(host, port, seconds)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(f"{host} was not found in time") from error
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} has no address") from error
    return list(dict.fromkeys(each[4][0] for each in found))


def _looked_up(host, port, seconds):
    """Return what getaddrinfo does, which knows no deadline; raises TimeoutError."""
    found = Future()

    def resolve():
        try:
            places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.set_result(places)
        except (OSError, UnicodeError) as error:
            found.set_exception(error)

    threading.Thread(target=resolve, daemon=True).start()
    return found.result(seconds)
