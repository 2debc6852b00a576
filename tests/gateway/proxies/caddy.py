"""The real Caddy with the project's configuration, on ports of a test's own."""

import os
import re
import subprocess

from tests.gateway.proxies import programs
from tests.gateway.proxies.proxy import UPSTREAMS, Proxy
from tests.installation import PROJECT, free_port

DEPLOY = PROJECT / "deploy" / "caddy"
SITES = {"ship": "listener", "read": "query"}


class Caddy(Proxy):
    program = "caddy"

    def address(self, place):
        return f"https://127.0.0.1:{self._ports[place]}"

    def command(self):
        return [self.program, "run", *self._options()]

    def ports(self):
        return self._ports.values()

    def environment(self):
        return {
            "TOLLGATE_GATEWAY": self.credential,
            # Where it keeps what it was told, which is nobody's home.
            "XDG_CONFIG_HOME": str(self.folder),
            "XDG_DATA_HOME": str(self.folder),
        }

    def kept(self):
        """Return the configuration as Caddy keeps it, in a file and for who asks it."""
        return subprocess.run(
            [programs.find(self.program), "adapt", *self._options()],
            env=os.environ | self.environment(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def configure(self):
        self._ports = {place: free_port() for place in (*SITES, "plain")}
        text = self._moved((DEPLOY / "Caddyfile").read_text())
        (self.folder / "Caddyfile").write_text(text)

    def _options(self):
        return ["--config", self.folder / "Caddyfile", "--adapter", "caddyfile"]

    def _moved(self, text):
        """Point the file to places of the test; everything else stays as it is."""
        for place, site in SITES.items():
            head = rf"^https://{site}\.example\.com.* \{{$"
            text = re.sub(head, self._site(place), text, flags=re.MULTILINE)
        plain = f"http://127.0.0.1:{self._ports['plain']} {{"
        text = re.sub(r"^http://.* \{$", plain, text, flags=re.MULTILINE)
        for name, port in UPSTREAMS.items():
            own = f"127.0.0.1:{self.places[name]}"
            text = re.sub(rf"127\.0\.0\.1:{port}\b", own, text)
        return text

    def _site(self, place):
        return f"{self.address(place)} {{\n\ttls {self.certificate} {self.key}"
