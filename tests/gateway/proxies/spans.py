"""A store that takes spans over gRPC, and remembers who sent them."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc

from tests.waiting import PATIENCE_SECONDS

EXPORT = "/opentelemetry.proto.collector.{}/Export"
TRACES = EXPORT.format("trace.v1.TraceService")


class SpanStore(grpc.GenericRpcHandler):
    def __init__(self):
        self.calls = []

    def service(self, handler_call_details):
        def answer(request, context):
            headers = dict(context.invocation_metadata())
            self.calls.append((handler_call_details.method, headers, request))
            return b""

        return grpc.unary_unary_rpc_method_handler(answer)

    @contextmanager
    def running(self):
        """Yield the port where it listens."""
        server = grpc.server(ThreadPoolExecutor(1))
        server.add_generic_rpc_handlers([self])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield port
        finally:
            server.stop(grace=None)


@contextmanager
def channel(proxy):
    trusting = grpc.ssl_channel_credentials(proxy.certificate.read_bytes())
    place = proxy.address("ship").removeprefix("https://")
    with grpc.secure_channel(place, trusting) as opened:
        yield opened


def send(opened, method, token, body=b"\x0a\x00"):
    """Send a request as agents do; returns the status and what is said with it."""
    call = opened.unary_unary(method)
    shown = [("authorization", f"Bearer {token}")] if token else []
    try:
        call(body, metadata=shown, timeout=PATIENCE_SECONDS)
    except grpc.RpcError as error:
        return error.code(), error.details().strip()
    return grpc.StatusCode.OK, ""
