"""What nginx cannot read: a refusal with a sentence, and no fault of the server."""

from contextlib import suppress

import pytest

from tests.gateway.proxies.http2 import connected

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
UNREAD = "This request cannot be read"
REQUESTS = {
    "method": (b"post / HTTP/1.1", 400, UNREAD),
    "encoding": (b"GET /%zz HTTP/1.1", 400, UNREAD),
    "path": (b"GET /../x HTTP/1.1", 400, UNREAD),
    "asterisk": (b"OPTIONS * HTTP/1.1", 400, UNREAD),
    "length": (
        b"GET /?" + b"a" * 33_000 + b" HTTP/1.1",
        414,
        "The address is too long",
    ),
    "version": (b"GET / HTTP/3.1", 505, UNREAD),
    "coding": (b"GET / HTTP/1.1\r\nTransfer-Encoding: x", 501, UNREAD),
    "trace": (b"TRACE / HTTP/1.1", 405, "This address takes no such method"),
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_what_cannot_be_read_is_refused_with_a_sentence(world, kind):
    sent, *expected = REQUESTS[kind]
    with connected(world.nginx, "http/1.1") as (_, tls):
        # A connection may be at its end before all of a long address was sent.
        with suppress(ConnectionError):
            tls.sendall(sent + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
        head, body = read(tls)

    assert [int(head[9:12]), body] == [expected[0], f"{expected[1]}\n"]
    assert "\nContent-Type: text/plain\r\n" in head


def read(tls):
    answer, body = b"", b""
    while not body.endswith(b"\n"):
        answer += tls.recv(65536)
        head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode(), body.decode()
