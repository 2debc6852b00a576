"""What Envoy's scripts do for the listener protocol of Logz.io."""

import pytest

from tests.gateway.proxies.envoy import Envoy
from tests.gateway.proxies.routes import LINES, ROUTES, arrived

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]


@pytest.fixture(scope="module")
def client(world, tmp_path_factory):
    envoy = Envoy(
        tmp_path_factory.mktemp("envoy"), world.secrets["gateway"], **world.places()
    )
    with envoy.running(), envoy.client("ship") as client:
        yield client


@pytest.mark.parametrize(
    ("arguments", "fields"),
    [
        ("&type=app", "&extra_fields=type%3Dapp"),
        ("&type=app&type=other", "&extra_fields=type%3Dapp"),
        ("", ""),
        ("&atype=app", ""),
        ("&type=a%2CAccountID%3D2", ""),
        ("&type=a;b", ""),
    ],
)
def test_a_type_is_kept_if_it_is_a_plain_word(world, client, store, arguments, fields):
    path = f"/?token={world.secrets['sub']}{arguments}"

    answer = ROUTES["lines"].send(client, path=path)

    assert answer.status_code == 200
    _, tenant = ROUTES["lines"].arrives(world)
    assert arrived(store.drain()) == [(LINES + fields, tenant)]


def test_a_refusal_of_another_kind_of_token_asks_for_a_login(world, client, store):
    answer = ROUTES["lines"].send(client, world.secrets["cpu"])

    kind = "This token is of the wrong kind: this takes a log shipping token\n"
    assert (answer.status_code, answer.text) == (401, kind)
    challenge = 'Basic realm="tollgate", Bearer realm="tollgate"'
    assert answer.headers["WWW-Authenticate"] == challenge
    assert store.drain() == []
