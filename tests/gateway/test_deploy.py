import re

import pytest
import yaml

from tests.installation import PROJECT
from tokens.secrets import OURS

DEPLOY = PROJECT / "deploy"
EXPLAINED = (
    "nginx/tollgate.conf",
    "envoy/envoy.yaml",
    "traefik/tollgate.yaml",
    "caddy/Caddyfile",
    "haproxy/haproxy.cfg",
)
CLEARED = (
    *("X-Scope-OrgID", "AccountID", "ProjectID", "X-Tollgate-", "X-Real-IP"),
    *("X-API-TOKEN", "Authorization", "Cookie", "extra_label", "extra_filters"),
)
YAML = [str(path.relative_to(DEPLOY)) for path in sorted(DEPLOY.rglob("*.yaml"))]


def read(name):
    return yaml.safe_load((DEPLOY / name).read_text())


@pytest.mark.parametrize("name", EXPLAINED)
def test_each_proxy_says_what_it_clears(name):
    comments = "\n".join(
        re.findall(r"^\s*#(.*)", (DEPLOY / name).read_text(), re.MULTILINE)
    )

    assert [header for header in CLEARED if header not in comments] == []


def test_no_configuration_has_a_token():
    with_tokens = [
        path.name
        for path in DEPLOY.rglob("*")
        if path.is_file() and OURS.search(path.read_text())
    ]

    assert with_tokens == []


@pytest.mark.parametrize("name", YAML)
def test_every_yaml_can_be_read(name):
    assert isinstance(read(name), dict)


def test_traefik_has_what_its_routers_name():
    http = read("traefik/tollgate.yaml")["http"]
    routers = http["routers"].values()

    named = {name for router in routers for name in router["middlewares"]}
    assert named == http["middlewares"].keys()
    assert {router["service"] for router in routers} <= http["services"].keys()


def test_envoy_has_what_its_routes_name():
    gateway, _ = envoy("listeners").values()
    [manager] = gateway["filter_chains"][0]["filters"]
    config = manager["typed_config"]
    filters = {each["name"] for each in config["http_filters"] if "disabled" in each}
    [host] = config["route_config"]["virtual_hosts"]

    asked = [each["typed_per_filter_config"].keys() for each in host["routes"]]
    assert {len(each) for each in asked} == {1}
    assert set().union(*asked) == filters
    assert {each["route"]["cluster"] for each in host["routes"]} <= envoy(
        "clusters"
    ).keys()


def test_envoy_adds_its_credential_for_its_own_questions_only():
    asking, cluster = envoy("listeners")["asking"], envoy("clusters")["asking"]
    [places] = cluster["load_assignment"]["endpoints"]
    [place] = places["lb_endpoints"]

    path = asking["address"]["pipe"]["path"]
    assert asking["address"] == {"pipe": {"path": path, "mode": 0o600}}
    assert place["endpoint"]["address"] == {"pipe": {"path": path}}


def envoy(kind):
    resources = read("envoy/envoy.yaml")["static_resources"]
    return {each["name"]: each for each in resources[kind]}


def test_compose_has_what_its_services_name():
    stack = read("compose/compose.yaml")

    for service in stack["services"].values():
        assert set(service["networks"]) <= stack["networks"].keys()
        assert set(service.get("secrets", ())) <= stack["secrets"].keys()
        assert set(service.get("depends_on", ())) <= stack["services"].keys()
