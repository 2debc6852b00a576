"""What a start needs from this machine, asked before Django is set up.

Each mishap that a newcomer can trip over is one sentence, within a moment.
"""

import errno
import os
import socket
import tempfile

from config import dotenv


class CannotStartError(Exception):
    """A reason not to start; the text is the one sentence that the person sees."""


def look_around(folder):
    """Check folder, `.env` and port; write `.env` when there is none.

    Returns whether it was written.
    """
    require_writable(folder)
    path = folder / os.environ.get("ENV_FILE", ".env")
    fresh = not path.exists()
    if fresh:
        dotenv.create(path, folder / ".env.example", demo=True)
    variables = _read(path) | os.environ
    require_free_port(variables.get("HOST", "127.0.0.1"), variables.get("PORT", "8000"))
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


def require_free_port(host, port):
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise CannotStartError(f"PORT must be a number from 1 to 65535, not {port!r}.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, int(port)), family=family).close()
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        trouble = "is in use" if in_use else f"cannot be opened ({error.strerror})"
        raise CannotStartError(
            f"Port {port} on {host} {trouble}; "
            f"choose another one, for example: make run PORT={int(port) % 65535 + 1}"
        ) from error
