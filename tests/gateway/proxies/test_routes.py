"""Every door of every proxy, with tokens of every state."""

import pytest

from tests.gateway.proxies import forgeries
from tests.gateway.proxies.answers import refused
from tests.gateway.proxies.doors import DOORS, arrived
from tests.gateway.proxies.revocation import PROMISE_SECONDS, last_success
from tests.gateway.proxies.stopped import MADE, tokens

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
OURS = ("authorization", "cookie", "x-api-token", "x-tollgate-")


@pytest.fixture(params=DOORS.values(), ids=DOORS)
def door(request, proxy):
    return request.param


@pytest.fixture
def client(proxy, door):
    with proxy.client(door.place) as client:
        yield client


@pytest.fixture(scope="session")
def stopped(world):
    return world.operator.does(MADE)


@pytest.mark.parametrize("http2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
def test_a_good_token_reaches_its_own_account(world, proxy, door, store, http2):
    with proxy.client(door.place, http2=http2) as client:
        answer = door.send(client, world.secrets[door.opened_by])

    if door.name in proxy.lacks:
        assert (refused(proxy, door, answer), store.drain()) == (404, [])
    else:
        assert (answer.status_code, answer.text) == (200, "{}")
        assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
        assert arrived(store.drain()) == [door.arrives(world)]


def test_no_other_token_opens_it(world, proxy, door, client, store, stopped):
    for what, secret, status in tokens(world, stopped, door):
        answer = door.send(client, secret)

        expected = 404 if door.name in proxy.lacks else door.refusal(status)
        assert (what, refused(proxy, door, answer)) == (what, expected)
    assert store.drain() == []


def test_no_other_method_is_taken(world, proxy, door, client, store):
    shown = {"X-API-TOKEN": world.secrets[door.opened_by]}
    for method in ("PUT", "DELETE", "GET" if door.place == "ship" else "PATCH"):
        answer = client.request(method, door.path, headers=shown)

        expected = {404} if door.name in proxy.lacks else {404, 405}
        assert refused(proxy, door, answer) in expected, method
    assert store.drain() == []


def test_what_a_client_says_about_itself_goes_no_further(
    world, proxy, door, client, store
):
    other, own = world.secrets["other"], world.secrets[door.opened_by]
    claims = forgeries.of_clients(str(world.accounts["other"]), other)
    for headers in claims:
        shown = [*headers, ("X-API-TOKEN", own)]
        answer = door.send(client, headers=shown)

        found = store.drain()
        if not found:
            assert refused(proxy, door, answer) in (400, 401, 404), headers
            continue
        [request] = found
        assert arrived([request]) == [door.arrives(world)], headers
        names = {name.lower().replace("_", "-") for name, _ in request.headers}
        assert not any(name.startswith(OURS) for name in names), headers


def test_a_token_that_is_disabled_is_refused_within_a_second(world, proxy, store):
    token = world.operator.does(
        'brief = TokenFactory(account=sub, kind="logs"); said = brief.secret_text'
    )
    door = DOORS["loki push"]
    with proxy.client("ship") as client:

        def works():
            return door.send(client, token).status_code == 200

        assert works()
        world.operator.does("brief.disable(by=BY)")

        assert last_success(works) < PROMISE_SECONDS
