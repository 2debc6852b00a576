"""Tokens with networks or a limit, behind each proxy: whom it names, and what it hands on."""

import ssl

import httpx
import pytest

from tests.gateway.proxies.answers import refused
from tests.gateway.proxies.recorder import Recorder
from tests.gateway.proxies.routes import ROUTES

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
SAYS = "This token has made all calls of this minute that its limit allows"
MADE = """
home = MainFactory()
limited = TokenFactory(account=home, calls_per_minute=2).secret_text
kept = TokenFactory(account=home, kind="logs", networks=["127.0.0.2/32"]).secret_text
said = [limited, kept]
"""


@pytest.fixture
def tokens(world):
    return world.operator.does(MADE)


@pytest.mark.parametrize("name", ["loki push", "loki"])
def test_429_says_when_to_come_back(world, proxy, store, tmp_path, name):
    route = ROUTES[name]
    with Recorder().running() as authority:
        other = type(proxy)(tmp_path, "tgg_x", **world.places(tollgate=authority.port))
        says = {"X_Tollgate_Says": SAYS, "Content_Type": "text/plain"}
        authority.answers(429, f"{SAYS}\n".encode(), Retry_After="37", **says)
        with other.running(), other.client(route.place) as client:
            answer = route.send(client, "x")

    assert refused(proxy, route, answer) == 429
    assert answer.headers.get_list("Retry-After") == ["37"]
    assert store.drain() == []


# Some proxies ask twice about a query.
def test_calls_over_the_limit_reach_no_store(world, proxy, store, tokens):
    route, (limited, _) = ROUTES["loki"], tokens
    with proxy.client(route.place) as client:
        # Whether it was asked about before is for the proxy to say.
        claims = [("X-Tollgate-Again", "1")]
        answers = [route.send(client, limited, headers=claims) for _ in range(4)]

    statuses = [answer.status_code for answer in answers]
    # A minute may end in between.
    assert statuses in ([200, 200, 429, 429], [200] * 3 + [429], [200] * 4)
    assert len(store.drain()) == statuses.count(200)


def test_only_its_networks_pass(world, proxy, store, tokens):
    route, (_, kept) = ROUTES["loki push"], tokens
    trusting = ssl.create_default_context(cafile=proxy.certificate)
    statuses = []
    for address in ("127.0.0.2", "127.0.0.3", "127.0.0.2"):
        transport = httpx.HTTPTransport(verify=trusting, local_address=address)
        with httpx.Client(
            base_url=proxy.address("ship"), transport=transport
        ) as client:
            claims = [("X-Real-IP", "127.0.0.2"), ("X-Forwarded-For", "127.0.0.2")]
            statuses.append(route.send(client, kept, headers=claims).status_code)

    assert statuses == [200, 403, 200]
    assert len(store.drain()) == 2
