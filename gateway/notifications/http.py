"""Calls to an address that a customer chose: only public ones, and never for long.

The address is checked at the moment of connecting, and that very address is connected
to: a name that means something else a moment later (DNS rebinding) gains nothing.
Redirects are not followed, and proxies of the environment are not asked.
"""

import re
import socket
import ssl
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import httpcore
from django.conf import settings

from gateway.notifications.public_addresses import is_public

# Standard Webhooks gives receivers 15 to 30 seconds.
SECONDS = 15.0
MOST_BYTES = 2000
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
    # What the receiver asks to wait before the next try.
    retry_after: timedelta = timedelta()

    @property
    def is_fine(self):
        return 200 <= self.status < 300

    @property
    def is_gone(self):
        return self.status == HTTPStatus.GONE

    def __str__(self):
        return f"{self.status} {self.text}".strip() if self.status else self.text


def post(url, body, headers):
    """Send bytes to an address and return the HttpAnswer, whatever happens."""
    deadline = time.monotonic() + SECONDS
    guard = Guard(deadline)
    context = ssl.create_default_context()
    try:
        with (
            httpcore.ConnectionPool(context, network_backend=guard) as pool,
            pool.stream("POST", url, headers=headers, content=body) as response,
        ):
            wait = _wait(dict(response.headers))
            return HttpAnswer(response.status, _beginning(response), wait)
    except httpcore.TimeoutException:
        return HttpAnswer(0, f"No answer within {SECONDS:.0f} seconds")
    except FAILURES as error:
        return HttpAnswer(0, f"No answer: {_printable(str(error))[:200]}")


def _wait(headers):
    """Return what Retry-After asks for in seconds; it is seldom a date, and then not."""
    names = {name.lower(): value for name, value in headers.items()}
    seconds = names.get(b"retry-after", b"")
    if not re.fullmatch(rb"[0-9]{1,9}", seconds):
        return timedelta()
    return timedelta(seconds=int(seconds))


def _beginning(response):
    found = b""
    for part in response.iter_stream():
        found += part
        if len(found) >= MOST_BYTES:
            break
    return _printable(found[:MOST_BYTES].decode(errors="replace"))


def _printable(text):
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()


class Guard(httpcore.NetworkBackend):
    """Connects to public addresses only, and stops everything at a deadline."""

    def __init__(self, deadline):
        self._deadline = deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(self, host, port, **options):
        options["timeout"] = left(self._deadline)
        error = None
        found = addresses(host, port, options["timeout"])
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


def addresses(host, port, seconds):
    """Return the addresses of a host; raises ConnectError when one is not public."""
    try:
        found = resolved(host, port, seconds)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(f"{host} was not found in time") from error
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} has no address") from error
    unique = list(dict.fromkeys(each[4][0] for each in found))
    if settings.WEBHOOK_PRIVATE_ADDRESSES or all(map(is_public, unique)):
        return unique
    raise httpcore.ConnectError(f"{host} is not on the public internet")


def resolved(host, port, seconds):
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
