"""Every route of every proxy, with tokens of every state."""

import pytest

from tests.gateway.proxies import forgeries
from tests.gateway.proxies.answers import refused
from tests.gateway.proxies.revocation import PROMISE_SECONDS, last_success
from tests.gateway.proxies.routes import ROUTES, arrived
from tests.gateway.proxies.stopped import MADE, tokens

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
OURS = ("authorization", "cookie", "x-api-token", "x-tollgate-")


@pytest.fixture(params=ROUTES.values(), ids=ROUTES)
def route(request, proxy):
    return request.param


@pytest.fixture
def client(proxy, route):
    with proxy.client(route.place) as client:
        yield client


@pytest.fixture(scope="session")
def stopped(world):
    return world.operator.does(MADE)


@pytest.mark.parametrize("http2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
def test_a_good_token_reaches_its_own_account(world, proxy, route, store, http2):
    with proxy.client(route.place, http2=http2) as client:
        answer = route.send(client, world.secrets[route.opened_by])

    if route.name in proxy.lacks:
        assert (refused(proxy, route, answer), store.drain()) == (404, [])
    else:
        assert (answer.status_code, answer.text) == (200, "{}")
        assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
        assert arrived(store.drain()) == [route.arrives(world)]


def test_no_other_token_opens_it(world, proxy, route, client, store, stopped):
    for what, secret, status in tokens(world, stopped, route):
        answer = route.send(client, secret)

        expected = 404 if route.name in proxy.lacks else route.refusal(status)
        assert (what, refused(proxy, route, answer)) == (what, expected)
    assert store.drain() == []


def test_no_other_method_is_taken(world, proxy, route, client, store):
    shown = {"X-API-TOKEN": world.secrets[route.opened_by]}
    for method in ("PUT", "DELETE", "GET" if route.place == "ship" else "PATCH"):
        answer = client.request(method, route.path, headers=shown)

        expected = {404} if route.name in proxy.lacks else {404, 405}
        assert refused(proxy, route, answer) in expected, method
    assert store.drain() == []


def test_what_a_client_says_about_itself_goes_no_further(
    world, proxy, route, client, store
):
    other, own = world.secrets["other"], world.secrets[route.opened_by]
    claims = forgeries.of_clients(str(world.accounts["other"]), other)
    for headers in claims:
        shown = [*headers, ("X-API-TOKEN", own)]
        answer = route.send(client, headers=shown)

        found = store.drain()
        if not found:
            assert refused(proxy, route, answer) in (400, 401, 404), headers
            continue
        [request] = found
        assert arrived([request]) == [route.arrives(world)], headers
        names = {name.lower().replace("_", "-") for name, _ in request.headers}
        assert not any(name.startswith(OURS) for name in names), headers


def test_a_token_that_is_disabled_is_refused_within_a_second(world, proxy, store):
    token = world.operator.does(
        'brief = TokenFactory(account=sub, kind="logs"); said = brief.secret_text'
    )
    route = ROUTES["loki push"]
    with proxy.client("ship") as client:

        def works():
            return route.send(client, token).status_code == 200

        assert works()
        world.operator.does("brief.disable(by=BY)")

        assert last_success(works) < PROMISE_SECONDS
