"""What Grafana, its plugins and VictoriaLogs' own page ask besides queries."""

import json

import pytest

from tests.gateway.proxies.answers import refused
from tests.gateway.proxies.routes import ROUTES

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
LOGS, METRICS = ROUTES["loki"], ROUTES["victoriametrics"]
LOKI, PROMETHEUS = "/loki/api/v1/", "/victoriametrics/api/v1/"
PASSED = [
    *(f"{LOKI}{path}" for path in ("status/buildinfo", "drilldown-limits")),
    *(f"{LOKI}{path}?query=x" for path in ("index/shards", "detected_field/a/values")),
    *(f"{LOKI}{path}?query=x" for path in ("index/volume", "patterns", "labels")),
    "/health",
    "/victoriametrics/api/v1/status/buildinfo",
    "/victoriametrics/api/v1/format_query?query=up",
    "/mimir/prometheus/api/v1/metadata",
    "/tempo/api/v2/search/tags",
]
# In one VictoriaMetrics they cannot be kept to an account.
EMPTY = {
    "metadata": {},
    "query_exemplars": [],
    "rules": {"groups": []},
    "alerts": {"alerts": []},
}


@pytest.fixture
def reader(world, proxy):
    headers = {"X-API-TOKEN": world.secrets["main api"]}
    with proxy.client("read", headers=headers) as client:
        yield client


def lacks(proxy, path):
    return "victoriametrics" in proxy.lacks and path.startswith(PROMETHEUS)


@pytest.mark.parametrize("path", PASSED)
def test_what_can_be_kept_to_an_account_is_handed_on(proxy, reader, store, path):
    answer = reader.get(path)

    if lacks(proxy, path):
        assert refused(proxy, METRICS, answer) == 404
    else:
        [request] = store.drain()
        bare = path.removeprefix("/victoriametrics").removeprefix("/mimir")
        assert request.path.startswith(bare.removeprefix("/tempo"))
        assert request.values("X-Scope-OrgID") != []


@pytest.mark.parametrize("name", EMPTY)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_cannot_is_empty(proxy, reader, store, name, method):
    answer = reader.request(method, f"{PROMETHEUS}{name}?query=up")

    if "victoriametrics" in proxy.lacks:
        assert refused(proxy, METRICS, answer) == 404
    else:
        assert answer.headers["Content-Type"] == "application/json"
        assert json.loads(answer.text) == {"status": "success", "data": EMPTY[name]}
    assert store.drain() == []


@pytest.mark.parametrize("name", EMPTY)
def test_it_is_for_good_tokens_only(proxy, store, name):
    with proxy.client("read") as client:
        answer = client.get(f"{PROMETHEUS}{name}")

    expected = 404 if "victoriametrics" in proxy.lacks else 401
    assert refused(proxy, METRICS, answer) == expected


@pytest.mark.parametrize(
    ("flags", "arrived"),
    [("categorize-labels", ["categorize-labels"]), ("something-else", []), ("", [])],
)
def test_loki_is_asked_for_labels_apart(proxy, reader, store, flags, arrived):
    name = "X-Loki-Response-Encoding-Flags"
    reader.get(LOGS.path, headers={name: flags} if flags else {})

    [request] = store.drain()
    assert request.values(name) == arrived
