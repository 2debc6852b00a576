"""What clients hear of a store, and of a Tollgate or a store that is away."""

import time
from contextlib import ExitStack

import psutil
import pytest

from tests.gateway.proxies.answers import refused
from tests.gateway.proxies.recorder import Recorder
from tests.gateway.proxies.routes import ROUTES
from tests.waiting import halted

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
SHIPS, READS = ROUTES["loki push"], ROUTES["loki"]


def opened(world, route):
    return world.secrets[route.opened_by]


@pytest.mark.parametrize("route", [SHIPS, READS], ids=["ship", "read"])
def test_what_a_store_answers_passes_unchanged(world, proxy, store, route):
    with proxy.client(route.place) as client:
        for status in (200, 204, 400, 429, 500, 503):
            body = b"" if status == 204 else f"the store's own {status}".encode()
            store.answers(status, body)
            answer = route.send(client, opened(world, route))

            assert (answer.status_code, answer.content) == (status, body)
    assert len(store.drain()) == 6


@pytest.mark.parametrize("route", [SHIPS, READS], ids=["ship", "read"])
def test_a_store_that_breaks_off_is_away(world, proxy, store, route):
    store.answers(status=0)

    with proxy.client(route.place) as client:
        answer = route.send(client, opened(world, route))

    assert refused(proxy, route, answer) == 503


def family(installation):
    process = psutil.Process(installation.process.pid)
    return [process, *process.children(recursive=True)]


def test_a_tollgate_that_hangs_is_away_and_comes_back(world, proxy, store):
    with ExitStack() as stack:
        clients = {
            route: stack.enter_context(proxy.client(route.place))
            for route in (SHIPS, READS)
        }
        with halted(family(world.tollgate)):
            time.sleep(proxy.remembers_seconds)
            for route, client in clients.items():
                assert (
                    refused(proxy, route, route.send(client, opened(world, route)))
                    == 503
                )
            assert store.drain() == []

        for route, client in clients.items():
            assert route.send(client, opened(world, route)).status_code == 200


def test_whatever_else_tollgate_answers_lets_nobody_pass(world, proxy, store, tmp_path):
    with Recorder().running() as authority, ExitStack() as stack:
        places = world.places(tollgate=authority.port)
        other = type(proxy)(tmp_path, "tgg_x", **places)
        stack.enter_context(other.running())
        clients = {
            route: stack.enter_context(other.client(route.place))
            for route in (SHIPS, READS)
        }
        # A 204 that names no account is no better.
        for status in (0, 200, 204, 302, 400, 404, 500, 503):
            authority.answers(status)
            for route, client in clients.items():
                answer = route.send(client, "x")
                assert (status, answer.status_code) == (status, 503)

    assert store.drain() == []


def test_without_tollgate_nobody_passes(world, proxy, store, tmp_path):
    other = type(proxy)(tmp_path, "tgg_x", **world.places(tollgate=9))

    with other.running(), other.client("ship") as client:
        answer = SHIPS.send(client, opened(world, SHIPS))

    assert (refused(proxy, SHIPS, answer), store.drain()) == (503, [])


def test_no_log_has_a_token(world, proxy, store):
    for route in ROUTES.values():
        with proxy.client(route.place) as client:
            route.send(client, opened(world, route))
            route.send(client, world.secrets[route.closed_to])

    log = proxy.log()
    assert [name for name, secret in world.secrets.items() if secret in log] == []
