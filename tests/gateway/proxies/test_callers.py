"""Whom Tollgate is told of as the caller, whatever the caller says about itself."""

import ssl

import httpx
import pytest

from tests.gateway.proxies.recorder import Recorder
from tests.gateway.proxies.routes import ROUTES

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
CALLER = "127.0.0.2"
CLAIMS = [
    ("X-Real-IP", "203.0.113.9"),
    ("X-Forwarded-For", "203.0.113.9"),
    ("X-Forwarded-For", "127.0.0.1, 203.0.113.9"),
]


def caller(question):
    """Return the caller of a question as Tollgate reads it."""
    real = question.values("X-Real-IP")
    passed = ",".join(question.values("X-Forwarded-For")).split(",")
    return real or [passed[-1].strip()]


def asks(request):
    """Whether it is about a token; what remembers looks for changes all the time."""
    return request.path.startswith("/gateway/verify/")


def test_tollgate_is_told_who_connected(world, proxy, store, tmp_path):
    route = ROUTES["loki push"]
    with Recorder().running() as authority:
        other = type(proxy)(tmp_path, "tgg_x", **world.places(tollgate=authority.port))
        trusting = ssl.create_default_context(cafile=other.certificate)
        transport = httpx.HTTPTransport(verify=trusting, local_address=CALLER)
        with (
            other.running(),
            httpx.Client(base_url=other.address("ship"), transport=transport) as client,
        ):
            for headers in ([], *([claim] for claim in CLAIMS)):
                route.send(client, "x", headers=headers)

                [question] = filter(asks, authority.drain())
                assert caller(question) == [CALLER], headers
