"""The same promises through HAProxy, whose gateway is a script of ours."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.gateway.proxies.haproxy import HAProxy
from tests.gateway.proxies.samples import moments_ago

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
LINE = b'{"message":"hello"}\n'
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


def test_tollgate_and_the_log_are_told_headers_to_their_end(store, tmp_path):
    told = {"User-Agent": "Mozilla/5.0 (KHTML, like Gecko)", "X-API-TOKEN": "a,b"}
    haproxy = HAProxy(tmp_path, "tgg_x", tollgate=store.port)

    with haproxy.running(), haproxy.client("ship") as client:
        client.post("/", content=LINE, headers=told)
        [question] = store.drain()

        assert {name: question.values(name) for name in told} == {
            name: [value] for name, value in told.items()
        }
        haproxy.wait_for_log(told["User-Agent"])


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


def test_a_shared_token_is_narrowed_or_refused(world, client, store):
    headers = shown(world, "narrow")

    lines = client.get("/select/logsql/query?query=*", headers=headers)
    loki = client.get("/loki/api/v1/query?query=x", headers=headers)

    assert (lines.status_code, loki.status_code) == (200, 403)
    [request] = store.drain()
    asked = parse_qs(urlsplit(request.path).query)
    assert asked == {"query": ["*"], "extra_filters": ['"env":="te\\"st"']}
