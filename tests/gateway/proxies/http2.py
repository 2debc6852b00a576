"""An upload over HTTP/2 that listens while it sends, as agents do and httpx does not."""

import socket
import ssl
from contextlib import contextmanager
from urllib.parse import urlsplit

import h2.connection
import h2.events

from tests.waiting import PATIENCE_SECONDS

PIECE = b"x" * 16384


@contextmanager
def connected(proxy, protocol="h2"):
    where = urlsplit(proxy.address("ship"))
    trusting = ssl.create_default_context(cafile=proxy.certificate)
    trusting.set_alpn_protocols([protocol])
    with (
        socket.create_connection(
            (where.hostname, where.port), timeout=PATIENCE_SECONDS
        ) as raw,
        trusting.wrap_socket(raw, server_hostname=where.hostname) as tls,
    ):
        # What is left of a window must not wait for an acknowledgement.
        tls.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield where, tls


def status_of_upload(proxy, path, token, size, *, announced):
    """Send `size` bytes, or as many as are asked for; returns the status of the answer."""
    with connected(proxy) as (where, tls):
        client = h2.connection.H2Connection()
        client.initiate_connection()
        fields = {":method": "POST", ":scheme": "https", ":path": path}
        fields |= {":authority": where.netloc, "x-api-token": token}
        if announced:
            fields["content-length"] = str(size)
        client.send_headers(1, list(fields.items()))
        left = size
        while True:
            left = send(client, left)
            tls.sendall(client.data_to_send())
            for event in client.receive_data(tls.recv(65536)):
                if isinstance(event, h2.events.ResponseReceived):
                    return int(dict(event.headers)[b":status"])
                assert not isinstance(event, h2.events.StreamReset), event


def send(client, left):
    """Send what the other side takes now; returns how much is left of a body."""
    window = client.local_flow_control_window(1)
    while left and window:
        piece = PIECE[: min(left, window)]
        left, window = left - len(piece), window - len(piece)
        client.send_data(1, piece, end_stream=not left)
    return left
