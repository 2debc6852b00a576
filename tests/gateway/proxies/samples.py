"""Samples as Prometheus' remote write sends them: protobuf, packed with snappy."""

import struct
import time


def remote_write(name, value, **labels):
    """Return the body of a write of one sample."""
    pairs = sorted({"__name__": name, **labels}.items())
    series = b"".join(field(1, field(1, key) + field(2, text)) for key, text in pairs)
    moment = varint(moments_ago())
    series += field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + moment)
    return snappy(field(1, series))


def moments_ago():
    """Return a time in milliseconds that a query of this second finds."""
    return int(time.time() - 5) * 1000


def field(number, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(number):
    octets = bytearray()
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(octets) + bytes([number])


def snappy(data):
    """Write snappy's block format without looking for repetitions: literals of 60 bytes."""
    chunks = [data[at : at + 60] for at in range(0, len(data), 60)]
    return varint(len(data)) + b"".join(
        bytes([(len(chunk) - 1) << 2]) + chunk for chunk in chunks
    )
