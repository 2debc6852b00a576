"""The real shippers, as customers install them, through the real nginx."""

import os
import re
import shutil
import subprocess
import sys
import time
from functools import partial

import pytest

from tests.waiting import PATIENCE_SECONDS, wait_until

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
NODE_PACKAGE = "logzio-nodejs@2.5.0"
NO_NODE = "logzio-nodejs needs node and npm, which are not installed here."
PYTHON = """
import logging
import sys

from logzio.handler import LogzioHandler

handler = LogzioHandler(
    sys.argv[2], url=sys.argv[1], logzio_type="app", logs_drain_timeout=1, debug=True,
    retry_timeout=0.1,
)
logger = logging.getLogger("app")
logger.addHandler(handler)
logger.warning("hello from python")
handler.flush()
"""
NODE = """
const [address, token] = process.argv.slice(1);
const { hostname, port } = new URL(address);
const logger = require("logzio-nodejs").createLogger({
  token, host: hostname, port, protocol: "https", type: "app", numberOfRetries: 3,
  sleepUntilNextRetry: 100, compress: true,
  callback: (error) => console.log(error ? error.message : "taken"),
});
logger.log({ message: "hello from node" });
logger.close();
"""


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory):
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip(NO_NODE)
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text("{}")
    quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--prefix", folder]
    subprocess.run([shutil.which("npm"), "install", *quiet, NODE_PACKAGE], check=True)
    return folder


@pytest.fixture(params=["python", "node"])
def ship(request, world, tmp_path, monkeypatch):
    """Return a function that ships one line with a token, and returns what was said."""
    if request.param == "python":
        command = [sys.executable, "-c", PYTHON]
    else:
        modules = request.getfixturevalue("node_modules")
        command = [shutil.which("node"), "-e", NODE, "--"]
        monkeypatch.setenv("NODE_PATH", str(modules / "node_modules"))
    return partial(run, command, world.nginx, tmp_path)


def run(command, nginx, folder, token):
    trusted = dict.fromkeys(
        ("REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"), str(nginx.certificate)
    )
    done = subprocess.run(
        [*command, nginx.address("listener", 8071), token],
        cwd=folder,
        env=os.environ | trusted,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    # nginx writes its log after it has answered.
    time.sleep(0.2)
    return done.stdout + done.stderr


def tries(nginx, status):
    return len(re.findall(rf'"POST / [^"]*" {status} ', nginx.log()))


def test_a_good_token_lands_in_its_account(world, store, ship):
    said = ship(world.secrets["sub"])

    [request] = store.drain()
    assert request.values("AccountID") == [str(world.accounts["sub"])]
    assert re.search(r'"message": ?"hello from (python|node)"', request.text)
    assert re.search("taken|Successfully sent bulk of 1 logs", said)


@pytest.mark.parametrize("what", ["wrong", "disabled", "of another kind"])
def test_a_token_that_is_refused_makes_them_stop(world, store, ship, tmp_path, what):
    token = {
        "wrong": "x" * 32,
        "disabled": world.operator.does(
            'stopped = TokenFactory(account=sub, kind="logs");'
            "said = stopped.secret_text; stopped.disable(by=BY)"
        ),
        "of another kind": world.secrets["cpu"],
    }[what]
    before = tries(world.nginx, 401)

    said = ship(token)

    assert re.search("You are not authorized|status code 401", said)
    assert tries(world.nginx, 401) == before + 1
    assert store.drain() == []
    assert list(tmp_path.glob("logzio-failures-*")) == []


def test_while_a_gateway_is_not_known_they_keep_what_they_have(
    world, store, ship, tmp_path
):
    world.operator.does('gateway = Token.objects.get(kind="gateway")')
    world.operator.does("gateway.disable(by=BY)")
    try:
        wait_for(world, 503)
        before = tries(world.nginx, 503)
        said = ship(world.secrets["sub"])
        tried = tries(world.nginx, 503) - before
    finally:
        world.operator.does("gateway.enable(by=BY)")
        wait_for(world, 401)

    # Python tries four times and writes a file; Node gives the lines back at once.
    kept = len(list(tmp_path.glob("logzio-failures-*")))
    assert (tried, kept) in [(4, 1), (1, 0)]
    assert "503" in said
    assert store.drain() == []


def wait_for(world, status):
    # Not with what shippers send: nginx may write this down while theirs are counted.
    path = "/loki/api/v1/push"
    with world.nginx.client("listener") as client:
        wait_until(
            lambda: client.post(path, params={"token": "x"}).status_code == status
        )
