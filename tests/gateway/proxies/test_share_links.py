"""A link, opened by a real browser through the real nginx."""

import os
import re
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.chromium import executable
from tests.gateway.proxies.nginx import Nginx
from tests.installation import PROJECT

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
PORTAL, DASHBOARDS = "tollgate.example.com", "dashboards.example.com"
NARROW = '"env":="te\\"st"'


@pytest.fixture
def visitor(playwright, world):
    """A page in a browser that finds the portal and dashboards by their names."""
    rules = ",".join(
        f"MAP {host}:443 127.0.0.1:{urlsplit(world.nginx.address(server)).port}"
        for host, server in ((PORTAL, "portal"), (DASHBOARDS, "dashboards"))
    )
    browser = playwright.chromium.launch(
        executable_path=executable(),
        args=["--no-sandbox", "--disable-quic", f"--host-resolver-rules={rules}"],
    )
    context = browser.new_context(ignore_https_errors=True)
    yield context.new_page()
    browser.close()


def test_a_link_opens_dashboards_and_its_secret_is_in_no_log(world, store, visitor):
    secret = world.secrets["narrow"]
    link = f"https://{PORTAL}/s/{secret[4:12]}#{secret}"

    visitor.goto(link[:-1])
    expect(
        visitor.get_by_role("heading", name="This link opens nothing")
    ).to_be_visible()
    visitor.goto(link)
    expect(visitor.get_by_role("heading", name="Logs of Main")).to_be_visible()
    dashboard = visitor.context.new_page()
    answer = dashboard.goto(f"https://{DASHBOARDS}/select/logsql/query?query=*")

    [request] = store.drain()
    assert answer.status == 200
    assert parse_qs(urlsplit(request.path).query)["extra_filters"] == [NARROW]
    log = (
        world.nginx.log()
        + os.read(world.tollgate.process.stdout.fileno(), 1 << 20).decode()
    )
    assert f"/s/{secret[4:12]}/open" in log
    assert secret[12:-1] not in log


def test_the_papers_serve_the_portal_with_nginx(tmp_path):
    paper = (PROJECT / "docs" / "operating.md").read_text()
    site = re.search(r"```nginx\n(.*?)```", paper, re.DOTALL)[1]
    nginx = Nginx(tmp_path / "nginx", "tgg_x")
    (nginx.folder / "tollgate.conf").write_text(site)

    checked = subprocess.run(
        [*nginx.command(), "-t"], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr
    assert "conflicting" not in checked.stderr
