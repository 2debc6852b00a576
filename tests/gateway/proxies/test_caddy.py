"""The same promises through Caddy, whose gateway is written in matchers."""

import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.gateway.proxies.caddy import Caddy
from tests.gateway.proxies.samples import moments_ago

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
LINE = b'{"message":"hello"}\n'
LINES = "/insert/jsonline?_msg_field=message&_time_field=@timestamp&_stream_fields=type"
NARROW = '"env":="te\\"st"'
CHALLENGE = 'Basic realm="tollgate", Bearer realm="tollgate"'
# Other tests see what the accounts of the world have, so this has its own.
OTHER = """
own = ChildFactory(main=MainFactory(), kind=METRICS)
said = [own.pk, secret_of(own.tokens.get())]
"""


@pytest.fixture(scope="module")
def caddy(world, tmp_path_factory):
    places = world.places(victoriametrics=world.metrics.port)
    folder = tmp_path_factory.mktemp("caddy")
    with Caddy(folder, world.secrets["gateway"], **places).running() as running:
        yield running


@pytest.fixture(scope="module")
def listener(caddy):
    with caddy.client("ship") as client:
        yield client


@pytest.fixture(scope="module")
def query(caddy):
    with caddy.client("read") as client:
        yield client


def shown(world, name):
    return {"X-API-TOKEN": world.secrets[name]}


def tenant(request):
    return [
        value
        for name in ("X-Scope-OrgID", "AccountID", "ProjectID")
        for value in request.values(name)
    ]


def test_lines_land_in_the_account_of_the_token(world, listener, store):
    token = {"token": world.secrets["sub"], "extra_fields": "x", "type": "app"}

    answer = listener.post("/", params=token, content=LINE)

    assert answer.status_code == 200
    [request] = store.drain()
    own = str(world.accounts["sub"])
    assert tenant(request) == [own, own, "0"]
    typed = f"{LINES}&extra_fields=type%3Dapp"
    assert (request.path, request.body) == (typed, LINE)


@pytest.mark.parametrize("name", ["cpu", "main api", "narrow"])
def test_clients_of_logzio_are_refused_with_401(world, listener, store, name):
    answer = listener.post("/", params={"token": world.secrets[name]}, content=LINE)

    kind = "This token is of the wrong kind: this takes a log shipping token\n"
    assert (answer.status_code, answer.text) == (401, kind)
    assert answer.headers["WWW-Authenticate"] == CHALLENGE
    assert store.drain() == []


def test_metrics_are_labelled_with_their_account(world, listener):
    own, secret = world.operator.does(OTHER)

    taken = listener.post(
        "/api/v1/import/prometheus?extra_label=tollgate_account=1",
        content=f"through_caddy 1 {moments_ago()}\n",
        headers={"X-API-TOKEN": secret},
    )

    assert taken.status_code == 204
    assert world.metrics.labels("through_caddy") == {"tollgate_account": str(own)}


def test_without_tls_there_is_a_sentence_and_no_redirect(world, caddy, store):
    address = caddy.address("plain").replace("https:", "http:")

    answer = httpx.post(f"{address}/loki/api/v1/push", headers=shown(world, "main"))

    said = "This address takes HTTPS only, and nothing was taken\n"
    assert (answer.status_code, answer.text) == (403, said)
    assert store.drain() == []


def test_caddy_keeps_no_credential_and_takes_no_other_configuration(world, caddy):
    kept = caddy.kept()

    assert world.secrets["gateway"] not in kept
    assert json.loads(kept)["admin"] == {"disabled": True}


def test_a_shared_token_is_narrowed_or_refused(world, query, store):
    headers = shown(world, "narrow")

    lines = query.get("/select/logsql/query?query=*&extra_filters=a", headers=headers)
    loki = query.get("/loki/api/v1/query?query=x", headers=headers)

    assert (lines.status_code, loki.status_code) == (200, 403)
    [request] = store.drain()
    asked = parse_qs(urlsplit(request.path).query)
    assert asked == {"query": ["*"], "extra_filters": ["a", NARROW]}


def test_tollgate_is_not_told_the_arguments_of_a_client(store, tmp_path):
    """It would refuse to read what is not ASCII, and every question with it."""
    caddy = Caddy(tmp_path, "tgg_x", tollgate=store.port)

    with caddy.running(), caddy.client("ship") as client:
        client.post("/?token=x&type=y", content=LINE)

    [question] = store.drain()
    assert question.path == "/gateway/verify/logs"
    assert question.values("X-Tollgate-Token") == ["x"]
