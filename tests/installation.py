"""An installation of a test's own, in a folder that nothing else touches."""

import fcntl
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager, suppress
from http.cookiejar import CookieJar
from pathlib import Path

import httpx

from config import dotenv, launch
from tests.environment import KEYS
from tests.waiting import PATIENCE_SECONDS, wait_until

PROJECT = Path(__file__).resolve().parent.parent
PORTS = Path(tempfile.gettempdir(), "tollgate-ports")
# To compress them takes seconds of each that is started; they are the same in all.
STATIC = PROJECT / ".pytest_cache" / "collected"
COLLECT = """
import django
from config import launch

django.setup()
launch.collect_static()
"""
COMMANDS = """
import io, json, sys

import django
from django.core.management import call_command

django.setup()
printed = []
for name, *words in json.loads(sys.argv[1]):
    call_command(name, *(word.format(*printed) for word in words), stdout=(out := io.StringIO()))
    printed.append(out.getvalue().strip())
print(json.dumps(printed))
"""
GIVEN = []


FORM_TOKEN = r'name="csrfmiddlewaretoken" value="(\w+)"'


class StaysPut(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


class Installation:
    def __init__(self, folder, **variables):
        self.folder = folder
        # Whose code runs; there may be that of another version.
        self.project = PROJECT
        self.process = None
        self.dotenv = folder / ".env"
        self.database = folder / "tollgate.sqlite3"
        self.port, self.gateway_port = free_ports()
        self.address = f"http://127.0.0.1:{self.port}"
        self.variables = {
            "ENV_FILE": str(self.dotenv),
            "DATABASE_URL": f"sqlite:///{self.database}",
            "STATIC_ROOT": str(STATIC),
            "PORT": str(self.port),
            "GATEWAY_PORT": str(self.gateway_port),
            "WORKERS": "1",
            "DRAIN_SECONDS": "0",
        } | variables

    @classmethod
    def like(cls, other, folder, **variables):
        """Return one with the keys and the database of another, which does not run."""
        made = cls(folder, **variables)
        shutil.copy(other.dotenv, made.dotenv)
        shutil.copy(other.database, made.database)
        return made

    def run(self, *command, **variables):
        """Run a program of the project to its end."""
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.project,
            env=self._environment(variables),
            capture_output=True,
            text=True,
            check=False,
        )

    def command(self, *words):
        """Run a command of manage.py, which has to succeed; returns what it printed."""
        done = self.run("manage.py", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commands(self, *several):
        """Run commands as `command` does, in one process; returns what each printed.

        In their words `{0}` stands for what the first of them printed. To start a
        process takes as long as fifty commands.
        """
        variables = {"DJANGO_SETTINGS_MODULE": "config.settings"}
        done = self.run("-c", COMMANDS, json.dumps(several), **variables)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def set_up(self):
        """Give it fresh keys and a database with nothing in it."""
        self.make_keys()
        self.command("migrate", "-v0")

    def make_keys(self):
        dotenv.create(self.dotenv, PROJECT / ".env.example", demo=False)

    def status(self, path):
        """Return the status that the portal answers a path with."""
        url = f"{self.address}{path}"
        return httpx.get(url, timeout=PATIENCE_SECONDS).status_code

    @contextmanager
    def running(self, *program, start_new_session=False, **variables):
        """Start as `make run` does; yields the process and what it said until ready."""
        if self.variables["STATIC_ROOT"] == str(STATIC):
            self.collect()
        with subprocess.Popen(
            [sys.executable, *(program or ("-m", "config.launch"))],
            cwd=self.project,
            env=self._environment(variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=start_new_session,
        ) as process:
            self.process = process
            try:
                yield process, said_until_ready(process)
            finally:
                process.terminate()
                process.wait(PATIENCE_SECONDS)

    def collect(self):
        """Collect static files if that was not done yet, while nobody else does."""
        STATIC.mkdir(parents=True, exist_ok=True)
        with STATIC.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not launch.is_collected(STATIC):
                self.run("-c", COLLECT, DJANGO_SETTINGS_MODULE="config.settings")

    def wait_for_health(self):
        """Wait until a worker has answered, and not only listened."""
        urllib.request.urlopen(
            f"{self.address}/livez", timeout=PATIENCE_SECONDS
        ).close()

    def log_in(self, email, password):
        """Fill in the login form; returns the names of the cookies then held."""
        browser, cookies = self.browser()

        def is_answered():
            form = self.login_form(browser, email, password)
            try:
                browser.open(form).close()
            except urllib.error.HTTPError as answer:
                # The redirect, which nobody follows; or a busy machine had no time.
                answer.close()
                return answer.status < 500
            return True

        wait_until(is_answered)
        return {cookie.name for cookie in cookies}

    def browser(self):
        cookies = CookieJar()
        keeping = urllib.request.HTTPCookieProcessor(cookies)
        return urllib.request.build_opener(keeping, StaysPut()), cookies

    def login_form(self, browser, email, password):
        address = f"{self.address}/login/"
        with browser.open(address) as page:
            token = re.search(FORM_TOKEN, page.read().decode())[1]
        fields = {"login": email, "password": password, "csrfmiddlewaretoken": token}
        return urllib.request.Request(address, urllib.parse.urlencode(fields).encode())

    def _environment(self, variables):
        return outer_environment() | self.variables | variables


def outer_environment():
    """Return this process's environment without what tests put into it."""
    # The second lets browser tests ask the database beside Playwright's loop.
    ours = (*KEYS, "DJANGO_ALLOW_ASYNC_UNSAFE")
    return {name: text for name, text in os.environ.items() if name not in ours}


def said_until_ready(process):
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith("Tollgate is ready"):
            return lines
    raise AssertionError("\n".join(lines))


def free_port():
    """Return a port that nobody listens on, of those that no connection is given.

    No other process of tests is given it until this one ends: it may be long until
    somebody listens there.
    """
    PORTS.mkdir(exist_ok=True)
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            GIVEN.append(reserve(port))
            return port


def reserve(port):
    """Return a locked file; raises OSError when another process or this one has it."""
    file = (PORTS / str(port)).open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file


def free_ports():
    """Return two, which are not the same."""
    return free_port(), free_port()
