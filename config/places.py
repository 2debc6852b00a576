"""The sockets at which a server listens, which its processes share.

One socket for all processes of a place, and not one for each by SO_REUSEPORT: a connection
that waits at a socket when its process ends would be reset, and two servers could listen
at one port and answer by turns.
"""

import os
import socket
from contextlib import suppress
from pathlib import Path

from config.preflight import CannotStartError, listen_at


class Places:
    """The sockets of each Listener, until they are closed.

    Raises CannotStartError where somebody listens already, or nobody can.
    """

    def __init__(self, listeners, others=None):
        self.portal = shown(listeners[0])
        self._sockets = {}
        known = others or {}
        try:
            for listener in listeners:
                self._add(listener, known)
        except CannotStartError:
            self._close(set(self._sockets) - set(known))
            raise

    def _add(self, listener, known):
        place = place_of(listener)
        if listener.port in {port for _, port, _ in self._sockets if port}:
            raise CannotStartError(
                "PORT, GATEWAY_PORT and METRICS_PORT must differ: "
                f"{listener.port} is there twice."
            )
        self._sockets[place] = known.get(place) or opened(listener)

    def of(self, listener):
        return self._sockets[place_of(listener)]

    def with_those_of(self, listeners):
        """Return the Places of other listeners; what is open here is taken over."""
        return Places(listeners, self._sockets)

    def close_those_not_in(self, others):
        self._close(set(self._sockets) - set(others._sockets))

    def _close(self, places):
        for place in places:
            self._sockets.pop(place).close()
            _, _, path = place
            if path:
                with suppress(OSError):
                    os.unlink(path)

    def close(self):
        self._close(set(self._sockets))


def place_of(listener):
    return listener.host, listener.port, listener.socket


def opened(listener):
    if listener.socket:
        return listen_at_path(listener.socket)
    return listen_at(listener.host, listener.port)


def listen_at_path(path):
    """Return a socket at a path, which its owner and its group may ask."""
    clear_away(path)
    listening = socket.socket(socket.AF_UNIX)
    try:
        listening.bind(path)
        # Nobody can connect before it listens.
        os.chmod(path, 0o660)
        listening.listen()
    except OSError as error:
        listening.close()
        raise CannotStartError(
            f"The socket {path} cannot be opened ({error.strerror})"
        ) from error
    return listening


def clear_away(path):
    """Remove the socket of a process that was killed; raises CannotStartError if it lives."""
    with suppress(OSError):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
        raise CannotStartError(f"The socket {path} is in use")
    if Path(path).is_socket():
        os.unlink(path)


def shown(listener):
    """Return where people reach a listener, as in an address."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- compared, not bound
    host = everywhere.get(listener.host, listener.host)
    return f"[{host}]:{listener.port}" if ":" in host else f"{host}:{listener.port}"
