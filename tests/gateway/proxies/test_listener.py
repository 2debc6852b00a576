"""Shipping through the real nginx, with stores that remember what reached them."""

import base64

import httpx
import pytest

from tests.gateway.proxies.nginx import Nginx

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
LINE = b'{"message":"hello"}\n'
UNKNOWN = "tgl_0000000000000000000000000000000000000000000000000"
LINES = "/insert/jsonline?_msg_field=message&_time_field=@timestamp&_stream_fields=type"


@pytest.fixture(scope="module")
def listener(world):
    with world.nginx.client("listener") as client:
        yield client


def tenant(request):
    return [
        value
        for name in ("X-Scope-OrgID", "AccountID", "ProjectID")
        for value in request.values(name)
    ]


def test_a_good_token_lands_in_its_account(world, listener, store):
    token, account = world.secrets["sub"], str(world.accounts["sub"])

    answer = listener.post("/", params={"token": token, "type": "app"}, content=LINE)

    assert (answer.status_code, answer.text) == (200, "{}")
    [request] = store.drain()
    assert request.path == f"{LINES}&extra_fields=type%3Dapp"
    assert tenant(request) == [account, account, "0"]
    assert request.body == LINE


def test_refused_tokens_are_told_as_the_listener_of_logzio_does(world, listener, store):
    world.operator.does('stopped = TokenFactory(account=sub, kind="logs")')
    stopped = world.operator.does("said = stopped.secret_text; stopped.disable(by=BY)")
    texts = {
        "Logging token is missing": [None, ""],
        "Logging token is not valid": [
            *("tgl_x", UNKNOWN, UNKNOWN.replace("tgl", "tga"), stopped),
            *(world.secrets[name] for name in ("cpu", "main api", "gateway", "narrow")),
        ],
    }
    for text, tokens in texts.items():
        for token in tokens:
            answer = listener.post("/", params={"token": token}, content=LINE)

            assert (answer.status_code, answer.text) == (401, f"{text}\n"), token
    assert store.drain() == []


def test_prometheus_port_takes_metrics_at_its_root(world, store):
    with world.nginx.client("listener", 8053) as prometheus:
        wrong = prometheus.post("/", content=b"x", auth=("", world.secrets["sub"]))
        none = prometheus.post("/", content=b"x")
        good = prometheus.post("/", content=b"x", auth=("", world.secrets["cpu"]))

    assert (wrong.status_code, wrong.text) == (401, "Shipping token is not valid\n")
    assert (none.status_code, none.text) == (401, "Shipping token is missing\n")
    # It passed, and VictoriaMetrics did not like the body.
    assert good.status_code == 400
    assert "snappy" in good.text


@pytest.mark.parametrize(
    ("path", "name", "reached"),
    [
        ("/loki/api/v1/push", "main", "/loki/api/v1/push"),
        ("/v1/logs", "main", "/insert/opentelemetry/v1/logs"),
        ("/v1/traces", "traces", "/v1/traces"),
        ("/api/v1/push", "disk", "/api/v1/push"),
    ],
)
def test_every_protocol_reaches_its_store(world, listener, store, path, name, reached):
    secret, account = world.secrets[name], str(world.accounts[name])
    basic = base64.b64encode(f"any:{secret}".encode()).decode()
    ways = [
        {"Authorization": f"Bearer {secret}"},
        {"Authorization": f"Basic {basic}"},
        {"X-API-TOKEN": secret},
    ]
    for headers in ways:
        headers |= {"Content-Type": "application/x-protobuf"}
        assert listener.post(path, content=b"x", headers=headers).status_code == 200

    requests = store.drain()
    assert [request.path for request in requests] == [reached] * 3
    assert [tenant(request) for request in requests] == [[account, account, "0"]] * 3
    assert requests[0].values("Content-Type") == ["application/x-protobuf"]
    refused = listener.post(path, headers={"X-API-TOKEN": world.secrets["main api"]})
    assert refused.status_code in (401, 403)
    assert store.drain() == []


def test_with_a_wrong_credential_shippers_are_told_to_come_back(world, store, tmp_path):
    places = {"tollgate": world.tollgate.gateway_port, "victorialogs": store.port}
    nginx = Nginx(tmp_path / "nginx", "tgg_x", **places)

    with nginx.running(), nginx.client("listener") as client:
        refused = client.post("/", params={"token": world.secrets["sub"]})
        nginx.set_credential(world.secrets["gateway"])
        nginx.reload()
        taken = client.post("/", params={"token": world.secrets["sub"]})

    assert (refused.status_code, taken.status_code) == (503, 200)


def test_a_store_that_is_away_is_no_reason_to_log_a_token(world, tmp_path):
    nginx = Nginx(
        tmp_path / "nginx",
        world.secrets["gateway"],
        tollgate=world.tollgate.gateway_port,
    )
    token = world.secrets["sub"]

    with nginx.running(), nginx.client("listener") as client:
        answer = client.post("/", params={"token": token}, content=LINE)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert token not in nginx.log()
    assert f"account={world.accounts['sub']}" in nginx.log()


def test_no_log_of_nginx_has_a_token(world, listener):
    listener.post("/", params={"token": world.secrets["sub"], "type": "log me"})

    world.nginx.wait_for_log('"POST / HTTP/')
    logs = world.nginx.log()
    assert [name for name, secret in world.secrets.items() if secret in logs] == []


@pytest.mark.parametrize(
    "path", ["/_tollgate/logs", "/_prometheus", "/select/logsql/query"]
)
def test_nothing_else_is_reached(world, listener, store, path):
    answer = listener.post(path, headers={"X-API-TOKEN": world.secrets["main"]})

    assert (answer.status_code, store.drain()) == (404, [])


def test_no_name_of_port_80_redirects_data(world, store):
    port = world.nginx.address("portal", 80).rpartition(":")[2]
    names = ("listener.example.com", "query.example.com", "unknown.example.com")
    for name in names:
        answer = httpx.post(f"http://127.0.0.1:{port}/", headers={"Host": name})

        assert (answer.status_code, "HTTPS only" in answer.text) == (403, True), name
