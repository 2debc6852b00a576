"""The same promises through HAProxy, whose gateway is a script of ours."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.gateway.proxies import forgeries
from tests.gateway.proxies.haproxy import HAProxy
from tests.gateway.proxies.samples import moments_ago

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
LINE = b'{"message":"hello"}\n'
LINES = "/insert/jsonline?_msg_field=message&_time_field=@timestamp&_stream_fields=type"
ALL = '{__name__!=""}'
# Other tests see what the accounts of the world have, so these have their own.
OTHERS = """
mains = [MainFactory(), MainFactory()]
own, theirs = (ChildFactory(main=each, kind=METRICS) for each in mains)
said = [secret_of(own.tokens.get()), TokenFactory(account=mains[0]).secret_text]
said.append(secret_of(theirs.tokens.get()))
"""
CLAIMS = {
    "X-Scope-OrgID": "2",
    "X_Scope_OrgID": "2",
    "AccountID": "2",
    "ProjectID": "7",
    "X-Tollgate-Kind": "api",
    "X-Tollgate-Token": "x",
    "X-Tollgate-Args": "extra_filters=*",
    "X-Tollgate-LogQL": '|= ""',
}


@pytest.fixture(scope="module")
def haproxy(world, tmp_path_factory):
    places = world.places(victoriametrics=world.metrics.port)
    folder = tmp_path_factory.mktemp("haproxy")
    with HAProxy(folder, world.secrets["gateway"], **places).running() as running:
        yield running


@pytest.fixture(scope="module")
def client(haproxy):
    with haproxy.client("ship") as client:
        yield client


def shown(world, name):
    return CLAIMS | {"X-API-TOKEN": world.secrets[name]}


def test_lines_land_in_the_account_of_the_token(world, client, store):
    token = {"token": world.secrets["sub"], "extra_fields": "x"}
    answer = client.post("/", params=token, headers=CLAIMS, content=LINE)

    assert answer.status_code == 200
    [request] = store.drain()
    own = str(world.accounts["sub"])
    assert request.values("X-Scope-OrgID") == request.values("AccountID") == [own]
    assert (request.path, request.body) == (LINES, LINE)


@pytest.mark.parametrize("name", ["cpu", "main api", "narrow"])
def test_clients_of_logzio_are_refused_with_401(world, client, store, haproxy, name):
    answer = client.post("/", params={"token": world.secrets[name]}, content=LINE)

    assert (answer.status_code, answer.text) == (401, "Logging token is not valid\n")
    assert store.drain() == []
    assert world.secrets[name] not in haproxy.log()


def test_what_a_shipper_says_about_itself_goes_no_further(world, client, store):
    other, own = str(world.accounts["other"]), str(world.accounts["sub"])
    for headers, arguments in forgeries.of_shippers(other, world.secrets["other"]):
        client.post(
            f"/?token={world.secrets['sub']}{arguments}", headers=headers, content=LINE
        )

        [request] = store.drain()
        for name in ("X-Scope-OrgID", "AccountID"):
            assert request.values(name) == [own], (headers, arguments)
        assert request.values("ProjectID") == ["0"]
        assert request.values("Connection") == []
        assert request.path == LINES


def test_tollgate_and_the_log_are_told_headers_to_their_end(store, tmp_path):
    told = {"User-Agent": "Mozilla/5.0 (KHTML, like Gecko)", "Cookie": "a=b,c; d=e"}
    haproxy = HAProxy(tmp_path, "tgg_x", tollgate=store.port)

    with haproxy.running(), haproxy.client("ship") as client:
        client.post("/", content=LINE, headers=told)
        [question] = store.drain()

        assert {name: question.values(name) for name in told} == {
            name: [value] for name, value in told.items()
        }
        assert haproxy.comes_to_log(told["User-Agent"])


def test_metrics_are_kept_apart(world, client):
    secrets = dict(
        zip(("own", "reader", "theirs"), world.operator.does(OTHERS), strict=True)
    )
    for name in ("own", "theirs"):
        taken = client.post(
            "/api/v1/import/prometheus?extra_label=tollgate_account=1",
            content=f"of_{name} 1 {moments_ago()}\n",
            headers=CLAIMS | {"X-API-TOKEN": secrets[name]},
        )
        assert taken.status_code == 204
    world.metrics.settle()

    reading = CLAIMS | {"X-API-TOKEN": secrets["reader"]}
    answer = client.get("/api/v1/series", params={"match[]": ALL}, headers=reading)

    assert [each["__name__"] for each in answer.json()["data"]] == ["of_own"]


@pytest.mark.parametrize(
    "argument",
    ["extra_filters[]", "extra_filters%5B%5D", "%65xtra_filters", "extra%5Flabel"],
)
def test_a_query_cannot_bring_filters_of_its_own(world, client, argument):
    path = f"/api/v1/series?match[]={ALL}&{argument}={ALL}"

    assert client.get(path, headers=shown(world, "sub api")).status_code == 400
    assert client.post(path, headers=shown(world, "sub api")).status_code == 400


def test_a_shared_token_is_narrowed_or_refused(world, client, store):
    headers = shown(world, "narrow")

    lines = client.get("/select/logsql/query?query=*", headers=headers)
    loki = client.get("/loki/api/v1/query?query=x", headers=headers)

    assert (lines.status_code, loki.status_code) == (200, 403)
    [request] = store.drain()
    asked = parse_qs(urlsplit(request.path).query)
    assert asked == {"query": ["*"], "extra_filters": ['"env":="te\\"st"']}
