"""An installation of a test's own, in a folder that nothing else touches."""

import os
import re
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from tests.environment import KEYS

PROJECT = Path(__file__).resolve().parent.parent
GRACE_SECONDS = 30


class Installation:
    def __init__(self, folder, **variables):
        self.folder = folder
        self.dotenv = folder / ".env"
        self.database = folder / "tollgate.sqlite3"
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.variables = {
            "ENV_FILE": str(self.dotenv),
            "DATABASE_URL": f"sqlite:///{self.database}",
            "STATIC_ROOT": str(folder / "static"),
            "PORT": str(self.port),
            "WORKERS": "1",
        } | variables

    def run(self, *command, **variables):
        """Run a program of the project to its end."""
        return subprocess.run(
            [sys.executable, *command],
            cwd=PROJECT,
            env=self._environment(variables),
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def running(self, **variables):
        """Start as `make run` does; yields the process and what it said until ready."""
        with subprocess.Popen(
            [sys.executable, "-m", "config.launch"],
            cwd=PROJECT,
            env=self._environment(variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                yield process, said_until_ready(process)
            finally:
                process.terminate()
                process.wait(GRACE_SECONDS)

    def log_in(self, email, password):
        """Return the address that a browser ends at after the login form."""
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        page = browser.open(f"{self.address}/login/").read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        fields = {"login": email, "password": password, "csrfmiddlewaretoken": token}
        form = urllib.parse.urlencode(fields).encode()
        with browser.open(f"{self.address}/login/", form) as answer:
            return answer.url

    def _environment(self, variables):
        outer = {name: text for name, text in os.environ.items() if name not in KEYS}
        return outer | self.variables | variables


def said_until_ready(process):
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith("Tollgate is ready"):
            return lines
    raise AssertionError("\n".join(lines))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
