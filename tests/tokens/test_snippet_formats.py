"""Every snippet is read as its format has it, by the client's own parser where there is one.

Not to be had from the registries, so read by a parser of their format alone: Fluent Bit,
Vector and the OpenTelemetry Collector (YAML), Grafana Alloy (as blocks and attributes),
Terraform (the same), Docker's plugin for Loki and Grafana (YAML). What they would send
is tried in test_snippets_sent.py with the address and the credential that were read.
"""

import re
import shutil
import subprocess

import pytest
import yaml

from tests.installation import PROJECT
from tests.tokens.snippets import SECRETS, filled
from tokens.use_it.addresses import PURPOSES
from tokens.use_it.catalogue import CATALOGUE, FOLDER

ALL = [each for snippets in CATALOGUE.values() for each in snippets]
FILES = [each.file for each in ALL]
ADDRESSES = ("https://shop.example:8071", "http://[::1]:8002/a")
OF_LANGUAGE = {
    language: [each.file for each in ALL if each.language == language]
    for language in {each.language for each in ALL}
}


@pytest.fixture(params=ADDRESSES, autouse=True)
def address(request, settings):
    for name in (*PURPOSES, "API_URL"):
        setattr(settings, name, request.param)
    return request.param


@pytest.fixture(params=SECRETS)
def secret(request):
    return request.param


def test_every_file_is_in_the_catalogue():
    files = {
        str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.txt")
    }

    assert files == set(FILES)
    assert len(FILES) == len(files)


@pytest.mark.parametrize("file", FILES)
def test_nothing_but_a_secret_an_address_and_an_id_is_put_in(file, secret):
    text = filled(file, secret)

    assert text.count(secret) == 1
    assert not re.search("@[A-Z_]+@", text)
    assert "None" not in text


@pytest.mark.parametrize("file", OF_LANGUAGE["yaml"])
def test_yaml_keeps_the_secret_as_it_is(file, secret):
    text = filled(file, secret)

    assert any(secret in each for each in leaves(yaml.safe_load(text)))


def leaves(data):
    """Return the texts in parsed data; a number is one that was taken for one."""
    if isinstance(data, dict):
        return [leaf for value in data.values() for leaf in leaves(value)]
    if isinstance(data, list):
        return [leaf for value in data for leaf in leaves(value)]
    return [data] if isinstance(data, str) else []


@pytest.mark.parametrize("file", OF_LANGUAGE["sh"])
def test_shells_read_the_secret_as_one_word(file, secret):
    shell = shutil.which("bash") or shutil.which("sh")
    text = filled(file, secret)

    read = subprocess.run(
        [shell, "-n"], input=text, capture_output=True, text=True, check=False
    )

    assert (read.returncode, read.stderr) == (0, "")


# Both languages have blocks with names and attributes; these use no more of them.
BLOCK = re.compile(r'[a-z_.]+(?: "[a-z_]+")? \{|(?:[a-z_]+ = )?\{|\}')
ATTRIBUTE = re.compile(r'([a-z_]+) += "([^"\\$%]*)"')


@pytest.mark.parametrize("file", OF_LANGUAGE["alloy"] + OF_LANGUAGE["hcl"])
def test_blocks_close_and_attributes_are_quoted(file, secret):
    lines = [line.strip() for line in filled(file, secret).splitlines() if line]
    attributes = dict(filter(None, map(attribute, lines)))
    blocks = [line for line in lines if not ATTRIBUTE.fullmatch(line)]

    assert secret in attributes.values()
    assert all(map(BLOCK.fullmatch, blocks)), blocks
    assert blocks.count("}") * 2 == len(blocks)


def attribute(line):
    found = ATTRIBUTE.fullmatch(line)
    return found and found.groups()


def test_the_python_handler_is_given_the_secret(secret):
    compile(filled("logs/logzio_python", secret), "snippet", "exec")


def test_what_gateways_get_is_the_line_of_the_shipped_files(secret):
    for proxy, file in {
        "nginx": "nginx/tollgate/credential.conf.example",
        "envoy": "envoy/envoy.yaml",
        "traefik": "traefik/tollgate.yaml",
    }.items():
        lines = (PROJECT / "deploy" / file).read_text().splitlines()
        line = filled(f"gateway/{proxy}", secret).replace(secret, "tgg_REPLACE_ME")
        assert line in map(str.strip, lines), proxy
    for proxy, file in {"haproxy": "tollgate.lua", "caddy": "Caddyfile"}.items():
        name = filled(f"gateway/{proxy}", secret).partition("=")[0]
        assert name in (PROJECT / "deploy" / proxy / file).read_text(), proxy


GRAFANA = {
    "loki": ("/loki/api/v1/labels", "logs"),
    "victorialogs": ("/select/logsql/query", "logs"),
    "victoriametrics": ("/api/v1/query", "query"),
    "mimir": ("/api/v1/query", "query"),
    "tempo": ("/api/search", "query"),
}


@pytest.mark.parametrize("name", GRAFANA)
def test_data_sources_ask_where_the_shipped_gateway_answers(address, secret, name):
    (source,) = yaml.safe_load(filled(f"api/{name}", secret))["datasources"]
    asked, part = GRAFANA[name]
    config = (PROJECT / f"deploy/nginx/tollgate/{part}.conf").read_text()
    locations = re.findall(r"location ~ (\^.+\$) \{", config)

    path = (source["url"] + asked).removeprefix(address)

    headers = (source["jsonData"], source["secureJsonData"])
    assert any(re.match(each.replace("(?<", "(?P<"), path) for each in locations)
    assert headers[0]["httpHeaderName1"] == "Authorization"
    assert headers[1] == {"httpHeaderValue1": f"Bearer {secret}"}
    assert source["name"].startswith("Account 1042 in ")
