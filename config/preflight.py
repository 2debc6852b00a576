"""Checks of this machine before a start, made before Django is set up.

Each mishap that a newcomer can trip over is one sentence, within a moment.
"""

import errno
import os
import socket
import tempfile
from contextlib import suppress

from config import dotenv

LOOPBACK = "127.0.0.1"
LAST_PORT = 65535
# As many ports until one that everybody may open, above the well-known ones.
TRIED = 1100
# As many connections may wait as Granian has it.
BACKLOG = 1024


class CannotStartError(Exception):
    """A reason not to start; the text is the one sentence that the person sees."""


def look_around(folder):
    """Check folder, `.env` and ports; write `.env` when there is none.

    Returns whether it was written.
    """
    require_writable(folder)
    path = folder / os.environ.get("ENV_FILE", ".env")
    fresh = not path.exists()
    if fresh:
        dotenv.create(path, folder / ".env.example", demo=True)
    variables = _read(path) | os.environ
    require_free_ports(variables)
    return fresh


def _read(path):
    try:
        return dotenv.read(path)
    except dotenv.UnreadableError as error:
        raise CannotStartError(str(error)) from error


def require_writable(folder):
    # Asked by writing: access rights say nothing about a read-only disk or a full one.
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CannotStartError(
            f"The folder {folder} cannot be written to ({error.strerror}); "
            "the database, .env and static files belong there."
        ) from error


def require_free_ports(variables):
    """Check where the portal and the gate are to listen; names a way out."""
    port = _port("PORT", variables.get("PORT", "8000"))
    beside = variables.get("GATEWAY_PORT") or str(port + 1)
    gateway_port = _port("GATEWAY_PORT", beside)
    if port == gateway_port:
        raise CannotStartError(
            f"PORT and GATEWAY_PORT must differ, not both be {port}."
        )
    host = variables.get("HOST", LOOPBACK)
    gateway_host = variables.get("GATEWAY_HOST", LOOPBACK)
    try:
        require_free_port(host, port)
        require_free_port(gateway_host, gateway_port)
    except CannotStartError as reason:
        free = free_pair((host, gateway_host), port)
        other = f" GATEWAY_PORT={free + 1}" if variables.get("GATEWAY_PORT") else ""
        raise CannotStartError(
            f"{reason}; choose another one, for example: make run PORT={free}{other}"
        ) from reason


def _port(name, text):
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise CannotStartError(
            f"{name} must be a number from 1 to 65535, not {text!r}."
        )
    return int(text)


def require_free_port(host, port):
    listen_at(host, port).close()


def listen_at(host, port):
    """Return a socket that listens; raises CannotStartError when somebody else does."""
    try:
        return bind(host, port)
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        trouble = "is in use" if in_use else f"cannot be opened ({error.strerror})"
        raise CannotStartError(f"Port {port} on {host} {trouble}") from error
    except (OverflowError, UnicodeError) as error:
        raise CannotStartError(f"There is no port {port} on {host[:80]}") from error


def free_pair(hosts, port):
    """Return the next port that is free on the one host, with the one after it on the other."""
    for candidate in range(port + 1, min(port + TRIED, 65535)):
        with suppress(OSError):
            for number, host in enumerate(hosts):
                bind(host, candidate + number).close()
            return candidate
    return port + 1


def bind(host, port):
    if port > LAST_PORT:
        # Told late, it would leave a socket open.
        raise OverflowError(port)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # `::` is every address, of IPv4 too.
    is_dual = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
    server = socket.create_server(
        (host, port), family=family, backlog=BACKLOG, dualstack_ipv6=is_dual
    )
    # Connections have it from here, as they do where Granian listens by itself: a body that
    # is written after its head would wait up to 40 ms for the client to acknowledge that.
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return server
