"""Remote write 1.0 of Prometheus, as far as counters need it.

https://prometheus.io/docs/specs/prw/remote_write_spec/: a protobuf message, compressed as
a block of Snappy's. Of both it takes so little that no library is worth it: there is one
kind of message, and Snappy lets what is not compressed be.
"""

import base64
import struct
from datetime import timedelta
from urllib.parse import unquote, urlsplit, urlunsplit

import httpcore

from accounts.connections import FAILURES, HttpAnswer, calling, retry_after

TYPES = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
    "User-Agent": "Tollgate",
}
# Protobuf: a field's number and how its value is written.
TIME_SERIES = LABEL = NAME = 1 << 3 | 2
SAMPLE = VALUE_OF_LABEL = 2 << 3 | 2
NUMBER, MOMENT = 1 << 3 | 1, 2 << 3
# Snappy: a literal whose length, less one, stands in the next two bytes.
LITERAL, MOST_LITERAL = 61 << 2, 1 << 16
SHOWN = 200
LONGEST_WAIT = timedelta(minutes=10)


def encode(series):
    """Return the body of a request with series, given as (labels, [(ms, value)])."""
    return _snappy(b"".join(_field(TIME_SERIES, _series(*each)) for each in series))


def _series(labels, samples):
    # By name, as the specification wants it.
    pairs = (_label(name, value) for name, value in sorted(labels.items()))
    return b"".join((*pairs, *(_sample(*each) for each in samples)))


def _label(name, value):
    fields = _field(NAME, name.encode()) + _field(VALUE_OF_LABEL, value.encode())
    return _field(LABEL, fields)


def _sample(moment, value):
    number = bytes([NUMBER]) + struct.pack("<d", value)
    return _field(SAMPLE, number + bytes([MOMENT]) + _varint(moment))


def _field(tag, content):
    return bytes([tag]) + _varint(len(content)) + content


def _varint(number):
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _snappy(content):
    parts = [_varint(len(content))]
    for begin in range(0, len(content), MOST_LITERAL):
        part = content[begin : begin + MOST_LITERAL]
        parts += bytes([LITERAL]), (len(part) - 1).to_bytes(2, "little"), part
    return b"".join(parts)


def post(url, headers, body, seconds):
    """Send a request and return the HttpAnswer, whatever happens, in so many seconds."""
    address, login = _apart(url)
    headers = TYPES | login | headers
    try:
        with calling("POST", address, headers, body, seconds=seconds) as response:
            text = next(iter(response.iter_stream()), b"")[:SHOWN]
            wait = min(retry_after(response), LONGEST_WAIT)
            return HttpAnswer(response.status, text.decode(errors="replace"), wait)
    except httpcore.TimeoutException:
        return HttpAnswer(0, f"no answer within {seconds:.0f} seconds")
    except (*FAILURES, OSError) as error:
        return HttpAnswer(0, f"no answer: {error}"[:SHOWN])


def _apart(url):
    """Return an address without its login, and the header that has it."""
    parts = urlsplit(url)
    if parts.username is None:
        return url, {}
    address = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    encoded = base64.b64encode(login.encode()).decode()
    return address, {"Authorization": f"Basic {encoded}"}
