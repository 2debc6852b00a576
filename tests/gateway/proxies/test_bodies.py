"""What arrives of a body, however it is sent, and that nothing does of one too large."""

import gzip
import socket
import ssl
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest

from tests.gateway.proxies.answers import refused
from tests.gateway.proxies.haproxy import HAProxy
from tests.gateway.proxies.http2 import status_of_upload
from tests.gateway.proxies.routes import READING, ROUTES, SHIPPING, arrived
from tests.waiting import PATIENCE_SECONDS

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
MEBIBYTE = 1 << 20
MOST = 10 * MEBIBYTE
TRIES = 5
LINE = b'{"message":"hello"}\n'
ZIPPED = gzip.compress(LINE * 1000)
ROUTE = ROUTES["loki push"]
HTTP = pytest.mark.parametrize("http2", [False, True], ids=["HTTP/1.1", "HTTP/2"])


def chunks(size):
    """Yield a body whose length is said nowhere before it."""
    piece = b"x" * 65536
    for _ in range(size // len(piece)):
        yield piece
    yield piece[: size % len(piece)]


@HTTP
@pytest.mark.parametrize("route", SHIPPING, ids=[route.name for route in SHIPPING])
def test_a_zipped_body_arrives_as_it_was_sent(world, proxy, store, route, http2):
    headers = [("Content-Encoding", "gzip"), ("Content-Type", "application/json")]
    with proxy.client("ship", http2=http2) as client:
        answer = route.send(
            client, world.secrets[route.opened_by], content=ZIPPED, headers=headers
        )

    if route.name in proxy.lacks:
        assert (refused(proxy, route, answer), store.drain()) == (404, [])
    else:
        [request] = store.drain()
        assert request.body == ZIPPED
        assert request.values("Content-Encoding") == ["gzip"]
        assert request.values("Content-Type") == ["application/json"]


@HTTP
@pytest.mark.parametrize("chunked", [False, True], ids=["known length", "in chunks"])
@pytest.mark.parametrize("size", [1, int(9.5 * MEBIBYTE), MOST])
def test_a_body_of_fair_size_arrives(world, proxy, store, http2, chunked, size):
    content = chunks(size) if chunked else b"x" * size
    with proxy.client("ship", http2=http2) as client:
        answer = ROUTE.send(client, world.secrets["main"], content=content)

    assert answer.status_code == 200
    [request] = store.drain()
    assert request.body == b"x" * size


@pytest.mark.parametrize("chunked", [False, True], ids=["known length", "in chunks"])
@pytest.mark.parametrize("size", [MOST + 1, 11 * MEBIBYTE])
def test_of_a_larger_body_no_store_sees_a_byte(world, proxy, store, chunked, size):
    secret = world.secrets["main"]
    answer = uploaded(proxy, secret, size, chunked=chunked)
    over_http2 = status_of_upload(
        proxy, ROUTE.path, secret, size, announced=not chunked
    )

    assert (refused(proxy, ROUTE, answer), over_http2) == (413, 413)
    assert store.drain() == []


def uploaded(proxy, secret, size, *, chunked):
    """Return what is answered to an upload over HTTP/1.1 that is too large.

    HAProxy closes as soon as it has answered. Who is still sending then may find the
    connection gone before they have read the answer; they are to try again.
    """
    tries = TRIES if isinstance(proxy, HAProxy) else 1
    for left in reversed(range(tries)):
        content = chunks(size) if chunked else b"x" * size
        with proxy.client("ship") as client:
            try:
                answer = ROUTE.send(client, secret, content=content)
                break
            except (httpx.NetworkError, httpx.RemoteProtocolError):
                if not left:
                    raise
    return answer


def ask_first(proxy, secret, path="/loki/api/v1/push"):
    """Ask before a body is sent; returns the statuses that are said to it."""
    where = urlsplit(proxy.address("ship"))
    trusting = ssl.create_default_context(cafile=proxy.certificate)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {where.netloc}\r\nX-API-TOKEN: {secret}\r\n"
        f"Expect: 100-continue\r\nContent-Length: {len(LINE)}\r\n\r\n"
    )
    with (
        socket.create_connection(
            (where.hostname, where.port), timeout=PATIENCE_SECONDS
        ) as raw,
        trusting.wrap_socket(raw, server_hostname=where.hostname) as connection,
        connection.makefile("rb") as said,
    ):
        connection.sendall(head.encode())
        statuses = [int(said.readline().split()[1])]
        if statuses == [100]:
            connection.sendall(LINE)
            assert said.readline() == b"\r\n"
            statuses.append(int(said.readline().split()[1]))
        return statuses


def test_a_client_that_asks_first_may_send(world, proxy, store):
    assert ask_first(proxy, world.secrets["main"]) == [100, 200]

    [request] = store.drain()
    assert request.body == LINE


@pytest.mark.parametrize("route", SHIPPING, ids=[route.name for route in SHIPPING])
def test_a_client_that_asks_first_is_refused_at_once(world, proxy, store, route):
    for name in ("gateway", route.closed_to):
        [status] = ask_first(proxy, world.secrets[name], route.path)

        assert status in (401, 403, 404), name
    assert store.drain() == []


def test_data_never_redirect(world, proxy, store):
    """Clients turn the POST into a GET and report success."""
    for path in ("//", "/loki/api/v1/push/", "/loki//api/v1/push", "/v1/logs/", "/x"):
        with proxy.client("ship") as client:
            answer = ROUTE.send(client, world.secrets["main"], path=path)

        assert answer.status_code < 300 or refused(proxy, ROUTE, answer) < 500, path
        # What a proxy takes for the same address is guarded in the same way.
        assert {tenant[1] for _, tenant in arrived(store.drain())} <= {"1"}, path


def test_http_without_tls_is_refused_with_a_sentence(world, proxy, store):
    address = proxy.address("ship").replace("https:", "http:")
    with httpx.Client(base_url=address, timeout=PATIENCE_SECONDS) as client:
        answer = answered_in_time(client, world.secrets["main"])

    if answer is None:
        assert not proxy.answers_plain_http
    else:
        assert answer.status_code in (400, 403, 404)
        assert "HTTPS" in answer.text or answer.status_code in proxy.mute


def answered_in_time(client, secret):
    """Return what is answered before a reset can take it away, or None.

    A server that closes without having read what was sent resets the connection, and
    the client may lose the answer with it.
    """
    for _ in range(10):
        with suppress(httpx.TransportError):
            return ROUTE.send(client, secret)
    return None


@pytest.mark.parametrize("route", READING, ids=[route.name for route in READING])
def test_an_empty_body_may_be_called_anything(world, proxy, store, route):
    """vmalert asks so, with the query in the address."""
    headers = {
        "Content-Type": "application/json",
        "X-API-TOKEN": world.secrets["main api"],
    }
    with proxy.client("read") as client:
        answer = client.post(route.path, headers=headers)

    requests = store.drain()
    if route.name in proxy.lacks or not proxy.takes_forms:
        assert (refused(proxy, route, answer) in (404, 405), requests) == (True, [])
    else:
        assert answer.status_code == 200
        assert arrived(requests) == [route.arrives(world)]
