"""The real Traefik with the project's configuration, on ports of a test's own."""

from contextlib import contextmanager

import httpx

from tests.gateway.proxies.proxy import UPSTREAMS, Proxy
from tests.installation import PROJECT, free_port
from tests.waiting import wait_until

DEPLOY = PROJECT / "deploy" / "traefik"
FILES = ("traefik.yaml", "tollgate.yaml")


class Traefik(Proxy):
    program = "traefik"
    guarded = frozenset()
    mute = frozenset({400, 404, 405, 413, 503})
    lacks = frozenset(
        {
            *("lines", "remote write", "import", "import prometheus"),
            *("OTLP metrics", "victoriametrics"),
        }
    )

    def address(self, place):
        return f"https://127.0.0.1:{self.port}"

    def command(self):
        return [self.program, f"--configFile={self.folder / FILES[0]}"]

    def ports(self):
        return [self.port, self._asking]

    @contextmanager
    def running(self):
        with super().running():
            self._wait()
            yield self

    def configure(self):
        self.port, self._asking = free_port(), free_port()
        for name in FILES:
            text = self._moved((DEPLOY / name).read_text())
            (self.folder / name).write_text(text)

    def _moved(self, text):
        """Point a file to places of the test; everything else stays as it is."""
        text = text.replace('":8443"', f"127.0.0.1:{self.port}")
        text = text.replace("127.0.0.1:8009", f"127.0.0.1:{self._asking}")
        text = text.replace("/etc/traefik/fullchain.pem", str(self.certificate))
        text = text.replace("/etc/traefik/privkey.pem", str(self.key))
        text = text.replace("/etc/traefik/", f"{self.folder}/")
        text = text.replace("tgg_REPLACE_ME", self.credential)
        for name, port in UPSTREAMS.items():
            text = text.replace(
                f'"http://127.0.0.1:{port}"', f'"http://127.0.0.1:{self.places[name]}"'
            )
        return text

    def _wait(self):
        """Wait until it has read its routes, for which it listens too early."""
        away = f"http://127.0.0.1:{self._asking}/away"
        wait_until(lambda: httpx.get(away).status_code == 503)
