"""Every door of every proxy, with tokens of every state."""

import pytest

from tests.gateway.proxies.doors import DOORS, arrived

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
UNKNOWN = "tgl_0000000000000000000000000000000000000000000000000"


@pytest.fixture(params=DOORS.values(), ids=DOORS)
def door(request, proxy):
    return request.param


@pytest.fixture
def client(proxy, door):
    with proxy.client(door.place) as client:
        yield client


def test_a_good_token_reaches_its_own_account(world, proxy, door, client, store):
    answer = door.send(client, world.secrets[door.opened_by])

    if door.name in proxy.lacks:
        assert (answer.status_code, store.drain()) == (404, [])
    else:
        assert (answer.status_code, answer.text) == (200, "{}")
        assert arrived(store.drain()) == [door.arrives(world)]
