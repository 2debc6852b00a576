"""The real Caddy with the project's configuration, on ports of a test's own."""

import os
import re
import shutil
import ssl
import subprocess
from contextlib import contextmanager

import httpx

from tests.gateway.proxies import programs
from tests.installation import PROJECT, free_port

DEPLOY = PROJECT / "deploy" / "caddy"


class Caddy:
    def __init__(self, folder, world):
        self._ports = {"listener": free_port(), "query": free_port()}
        self._folder = folder
        self._nginx = world.nginx
        self._environment = {
            "TOLLGATE_GATEWAY": world.secrets["gateway"],
            # Where it keeps what it was told, which is nobody's home.
            "XDG_CONFIG_HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
        }
        file = folder / "Caddyfile"
        file.write_text(self._moved((DEPLOY / "Caddyfile").read_text(), world))
        self._options = ["--config", file, "--adapter", "caddyfile"]

    @contextmanager
    def running(self):
        command = ["caddy", "run", *self._options]
        ports, log = self._ports.values(), self._folder / "caddy.log"
        with programs.running(command, ports, log, **self._environment):
            yield self

    def kept(self):
        """Return the configuration as Caddy keeps it, in a file and for who asks it."""
        return subprocess.run(
            [shutil.which("caddy"), "adapt", *self._options],
            env=os.environ | self._environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def client(self, server):
        trusting = ssl.create_default_context(cafile=self._nginx.certificate)
        address = f"https://127.0.0.1:{self._ports[server]}"
        return httpx.Client(base_url=address, verify=trusting, timeout=20)

    def _moved(self, text, world):
        """Point the file to places of the test; everything else stays as it is."""
        for server, port in self._ports.items():
            site = rf"^https://{server}\.example\.com.* \{{$"
            text = re.sub(site, self._site(port), text, flags=re.MULTILINE)
        for port, own in places(world).items():
            text = re.sub(rf"127\.0\.0\.1:{port}\b", f"127.0.0.1:{own}", text)
        # No authority is asked for certificates of these names.
        text = text.replace("admin off", "admin off\n\tauto_https off", 1)
        # Debian's Caddy is of 2022, when arguments of snippets were written so.
        return re.sub(r"\{args\[(\d)\]\}", r"{args.\1}", text)

    def _site(self, port):
        key = self._nginx.folder / "key.pem"
        return f"https://127.0.0.1:{port} {{\n\ttls {self._nginx.certificate} {key}"


def places(world):
    """Return where a test has what the file expects at a port."""
    stores = (3100, 3200, 4318, 9009, 9428)
    moved = {8001: world.tollgate.gateway_port, 8428: world.metrics.port}
    return moved | dict.fromkeys(stores, world.store.port)
