import re

import pytest

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
