"""Requests as they arrive: read whole before they take one of the threads.

Granian hands a WSGI application a body that is still on its way, and an empty value for
each header with a byte above 127. As ASGI it hands over everything as it came, in an
event loop where a slow client holds nothing but its connection.
"""

import asyncio
import sys
import time
from functools import lru_cache
from io import BytesIO
from tempfile import SpooledTemporaryFile
from urllib.parse import unquote_to_bytes

from accounts.rule_violations import NOT_TAKEN, NotTaken
from config.threads import Threads

# The most that Django takes of a form.
MAX_BODY = 2_621_440
# What is longer than any form: ten thousand findings of a scanner.
LONG_BODIES = {"/leaks": 16 * 1024 * 1024}
# A longer body, or answer, is in a file until it is read.
IN_MEMORY = 65_536
PART = 65_536
BODY_SECONDS, SILENT_SECONDS = 30, 10
# Of these two cannot be right; of others they are one list (RFC 9110, section 5.3).
SINGLE = {
    "HTTP_HOST",
    "HTTP_AUTHORIZATION",
    "HTTP_X_API_TOKEN",
    "CONTENT_LENGTH",
    "CONTENT_TYPE",
}
MB = 1024 * 1024
TOO_LARGE = "A request takes at most {:g} MB."
TOO_SLOW = "The request did not arrive in time."
CUT_SHORT = "The request ended before it was whole."
TWICE = "A request has one header {}."
GONE = "http.disconnect"
# In an environ, when the request was there, on the monotonic clock: it may have to wait
# for a thread.
ARRIVED_AT = "tollgate.arrived_at"
START, BODY = "http.response.start", "http.response.body"
OF_ALL = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}


class Arriving:
    """An ASGI application that runs a WSGI application in `threads` threads."""

    def __init__(self, application, threads):
        self._application = application
        self._threads = Threads(threads)

    async def __call__(self, scope, receive, send):
        environ = environ_of(scope)
        try:
            environ["wsgi.input"] = await body_of(environ, receive)
        except NotTaken as refusal:
            environ |= {NOT_TAKEN: refusal, "wsgi.input": BytesIO()}
            environ["CONTENT_LENGTH"] = "0"
        environ[ARRIVED_AT] = time.monotonic()
        start, parts = await self._threads.run(answered, self._application, environ)
        if NOT_TAKEN in environ:
            # What has not arrived yet would be taken for the next request.
            start["headers"].append((b"Connection", b"close"))
        await send(start)
        for part in parts:
            await send(part)


def answered(application, environ):
    """Return the messages of an answer, all of which is made in this thread."""
    began = []
    made = application(environ, lambda *start: began.append(start[:2]))
    try:
        parts = written_down(made)
    finally:
        if hasattr(made, "close"):
            made.close()
        environ["wsgi.input"].close()
    return start_of(*began[0]), parts


def environ_of(scope):
    """Return what PEP 3333 wants: text of which each character is a byte that came."""
    environ = OF_ALL | {
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.url_scheme": scope["scheme"],
        "REMOTE_ADDR": scope["client"][0],
    }
    environ["SERVER_NAME"], environ["SERVER_PORT"] = scope["server"]
    for name, value in scope["headers"]:
        key, text = variable(name), value.decode("latin-1")
        if key is None:
            continue
        if key in environ and key in SINGLE:
            environ[NOT_TAKEN] = NotTaken(400, TWICE.format(named(key)))
        elif key in environ:
            text = joined(key, environ[key], text)
        environ[key] = text
    return environ


# What strangers invent must not fill the memory.
@lru_cache(1024)
def variable(name):
    """Return what a header is called in an environ; None says that it is left out.

    One with an underscore would be taken for its twin with a dash, which a proxy sets.
    """
    if b"_" in name:
        return None
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def joined(key, text, more):
    return f"{text}; {more}" if key == "HTTP_COOKIE" else f"{text},{more}"


def named(key):
    return key.removeprefix("HTTP_").replace("_", "-").title()


async def body_of(environ, receive):
    """Return a file with the body, which has then arrived; tells its length.

    Raises NotTaken for one that does not arrive, and for what is known not to be taken.
    """
    if NOT_TAKEN in environ:
        raise environ[NOT_TAKEN]
    chunked = environ.pop("HTTP_TRANSFER_ENCODING", None)
    length = environ.get("CONTENT_LENGTH", "0")
    if not chunked and length == "0":
        return BytesIO()
    most = LONG_BODIES.get(environ["PATH_INFO"].rstrip("/"), MAX_BODY)
    if int(length) > most:
        raise NotTaken(413, TOO_LARGE.format(most / MB))
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 -- closed by who answers
    try:
        await fill(file, receive, most)
    except NotTaken:
        file.close()
        raise
    environ["CONTENT_LENGTH"] = str(file.tell())
    file.seek(0)
    return file


async def fill(file, receive, most):
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in chunks(receive):
                file.write(chunk)
                if file.tell() > most:
                    raise NotTaken(413, TOO_LARGE.format(most / MB))
    except TimeoutError as error:
        raise NotTaken(408, TOO_SLOW) from error


async def chunks(receive):
    more = True
    while more:
        async with asyncio.timeout(SILENT_SECONDS):  # that long without a byte
            message = await receive()
        if message["type"] == GONE:
            raise NotTaken(400, CUT_SHORT)
        more = message["more_body"]
        yield message["body"]


def written_down(made):
    """Return the messages of a body that is whole: who reads slowly holds no thread."""
    if not getattr(made, "streaming", False):
        return ({"type": BODY, "body": b"".join(made)},)
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 -- read as it is sent
    file.writelines(made)
    file.seek(0)
    return read_out(file)


def read_out(file):
    with file:
        while part := file.read(PART):
            yield {"type": BODY, "body": part, "more_body": True}
    yield {"type": BODY, "body": b""}


def start_of(status, headers):
    raw = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in headers]
    return {"type": START, "status": int(status[:3]), "headers": raw}
