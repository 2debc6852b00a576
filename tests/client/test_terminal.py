"""The installed command on a terminal: what fits, what is coloured, what stays unseen."""

import json
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.client.conversation import CALLER, SECRET, TOKEN

pytestmark = pytest.mark.programs
COMMAND = Path(sys.executable).parent / "tollgate"
LONG = {
    "name": "日本語の名前" * 4 + "e\u0301",
    "account_name": "active",
    "state": "disabled",
}
ANSWERS = {
    "/api/v1/tokens": {"items": [TOKEN, TOKEN | LONG], "next": None},
    "/api/v1/verify": {"works": True, "opens": ["ship logs"], "token": TOKEN},
}


class Portal(BaseHTTPRequestHandler):
    def do_GET(self):
        length = int(self.headers.get("Content-Length", 0))
        self.server.bodies.append(self.rfile.read(length))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(ANSWERS[self.path.partition("?")[0]]).encode())

    do_POST = do_GET  # noqa: N815 -- the library's name

    def log_message(self, *args):
        """Be quiet."""


@pytest.fixture(scope="module")
def portal():
    with HTTPServer(("127.0.0.1", 0), Portal) as server:
        server.bodies = []
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def on_terminal(portal):
    """Run the command on a terminal of 80 columns; returns its exit code and output."""
    url = f"http://127.0.0.1:{portal.server_port}"
    usual = {"TOLLGATE_URL": url, "TOLLGATE_TOKEN": CALLER, "COLUMNS": "80"}

    def run(*words, typed="", **environment):
        ours, its = pty.openpty()
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), its)
        settings = os.environ | usual | environment
        with subprocess.Popen([COMMAND, *words], env=settings, **streams) as process:
            os.close(its)
            said = read(ours, until=b"verify: ") if typed else b""
            os.write(ours, typed.encode())
            said += read(ours)
        os.close(ours)
        return process.returncode, said.decode().replace("\r\n", "\n")

    return run


def read(descriptor, until=None):
    """Read until a text came, or the terminal was left."""
    said = b""
    with suppress(OSError):  # Linux's way to say that nobody is at the other end.
        while not (until and said.endswith(until)):
            said += os.read(descriptor, 1000)
    return said


# What is left for the long name is an odd number of columns in the first, where it is
# whole, and in the fourth; its letters take two each.
TABLES = {
    "140": [
        f"ID  ACCOUNT  KIND  {'NAME':49}  TOKEN              STATE     LAST USED         EXPIRES",
        f"77  Staging  logs  {'Fluent Bit':49}  tgl_8fJ2kQ1x…9aZ0  active    2026-01-31 12:34  -",
        f"77  active   logs  {LONG['name']}  tgl_8fJ2kQ1x…9aZ0  disabled  2026-01-31 12:34  -",
    ],
    "95": [
        "ID  ACCOUNT  KIND  NAME                        TOKEN              STATE     LAST USED   EXPIRES",
        "77  Staging  logs  Fluent Bit                  tgl_8fJ2kQ1x…9aZ0  active    2026-01-31  -",
        "77  active   logs  日本語の名前日本語の名前…   tgl_8fJ2kQ1x…9aZ0  disabled  2026-01-31  -",
    ],
    "80": [
        "ID  ACCOUNT  KIND  NAME                            STATE     LAST USED   EXPIRES",
        "77  Staging  logs  Fluent Bit                      active    2026-01-31  -",
        "77  active   logs  日本語の名前日本語の名前日本…   disabled  2026-01-31  -",
        "No room for TOKEN: see --output=json.",
    ],
    "60": [
        "ID  ACCOUNT  KIND  NAME                             STATE",
        "77  Staging  logs  Fluent Bit                       active",
        "77  active   logs  日本語の名前日本語の名前日本語…  disabled",
        "No room for TOKEN, EXPIRES, LAST USED: see --output=json.",
    ],
    # Only here names become shorter than what tells them apart, and columns no narrower.
    "20": [
        "ID  KIND  NAME      STATE",
        "77  logs  Fluent …  active",
        "77  logs  日本語…   disabled",
        "No room for TOKEN, EXPIRES, LAST USED, ACCOUNT: see --output=json.",
    ],
}


@pytest.mark.parametrize("columns", TABLES)
def test_a_table_fits_the_terminal(on_terminal, columns):
    code, said = on_terminal("tokens", "list", NO_COLOR="1", COLUMNS=columns)

    assert (code, said.splitlines()) == (0, TABLES[columns])


def test_who_wants_quiet_is_not_told_what_has_no_room(on_terminal):
    _, said = on_terminal("tokens", "list", "--quiet")

    assert "No room" not in said
    assert "Fluent Bit" in said


def test_states_have_colours_and_names_do_not(on_terminal):
    _, said = on_terminal("tokens", "list")

    assert re.findall(r"\x1b\[3(\d)m(\w+)", said) == [
        ("2", "active"),
        ("1", "disabled"),
    ]


def test_a_token_that_is_typed_is_not_seen(on_terminal, portal):
    code, said = on_terminal("verify", typed=f"{SECRET}\n")

    assert (code, json.loads(portal.bodies[-1])) == (0, {"token": SECRET})
    assert said.startswith("Token to verify: ")
    assert said.endswith("works: ship logs.\n")
    assert SECRET not in said


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("tokens re", ["rename", "restore", "reveal"]),
        ("tokens create --kind s", ["shared"]),
    ],
)
def test_bash_completes_commands_and_choices(typed, offered):
    words = {"COMP_WORDS": f"tollgate {typed}", "COMP_CWORD": str(len(typed.split()))}
    said = subprocess.run(
        [COMMAND],
        env=os.environ | words | {"_TOLLGATE_COMPLETE": "bash_complete"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert {*offered} <= {line.partition(",")[2] for line in said.stdout.splitlines()}


def test_help_tells_the_exit_codes():
    said = subprocess.run(
        [COMMAND, "--help"], capture_output=True, text=True, check=True
    )

    assert re.findall(r"^    (\d)  ", said.stdout, re.MULTILINE) == [*"012345"]


def test_a_machine_without_unicode_gets_what_it_can_show(portal):
    url = f"http://127.0.0.1:{portal.server_port}"
    said = subprocess.run(
        [COMMAND, "tokens", "list", "--url", url],
        env=os.environ | {"TOLLGATE_TOKEN": CALLER, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )

    assert b"tgl_8fJ2kQ1x?9aZ0" in said.stdout
