"""What Grafana asks of stores besides its queries."""

import pytest

from tests.gateway.proxies.routes import ROUTES, arrived

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
FLAGS = "X-Loki-Response-Encoding-Flags"
LOKI = "/loki/api/v1"
NOTHING = {
    "metadata": "{}",
    "query_exemplars": "[]",
    "rules": '{"groups":[]}',
    "alerts": '{"alerts":[]}',
}
ASKED = [
    (f"{LOKI}/status/buildinfo", "loki"),
    (f"{LOKI}/drilldown-limits", "loki"),
    (f"{LOKI}/detected_field/a.b/values?query=x", "loki"),
    (f"{LOKI}/index/shards?query=x", "loki"),
    ("/health", "victorialogs"),
    ("/victoriametrics/api/v1/status/buildinfo", "victoriametrics"),
    ("/mimir/prometheus/api/v1/status/buildinfo", "mimir"),
    ("/mimir/prometheus/api/v1/rules", "mimir"),
    ("/tempo/api/echo", "tempo"),
    ("/tempo/api/status/buildinfo", "tempo"),
]


@pytest.fixture
def client(world, proxy, store):
    shown = {"X-API-TOKEN": world.secrets["main api"]}
    with proxy.client("read", headers=shown) as client:
        yield client


def test_loki_is_told_of_the_one_flag_that_changes_only_the_form(client, store):
    for value in ("categorize-labels", "other", "categorize-labels, other"):
        client.get(f"{LOKI}/query_range?query=x", headers={FLAGS: value})

    told = [request.values(FLAGS) for request in store.drain()]
    assert told == [["categorize-labels"], [], []]


@pytest.mark.parametrize(("name", "nothing"), NOTHING.items(), ids=NOTHING)
def test_what_cannot_be_kept_to_an_account_is_empty(
    proxy, client, store, name, nothing
):
    path = f"/victoriametrics/api/v1/{name}"

    answer, stranger = client.get(path), client.get(path, headers={"X-API-TOKEN": ""})

    assert store.drain() == []
    if "victoriametrics" in proxy.lacks:
        assert (answer.status_code, stranger.status_code) == (404, 404)
        return
    assert (answer.status_code, stranger.status_code) == (200, 401)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.text == f'{{"status":"success","data":{nothing}}}'


@pytest.mark.parametrize(("path", "name"), ASKED, ids=[path for path, _ in ASKED])
def test_what_a_data_source_asks_first_is_asked_for_its_account(
    world, proxy, client, store, path, name
):
    answer = client.get(path)

    found = [tenant for _, tenant in arrived(store.drain())]
    if name in proxy.lacks:
        assert (answer.status_code, found) == (404, [])
    else:
        _, tenant = ROUTES[name].arrives(world)
        assert (answer.status_code, found) == (200, [tenant])
