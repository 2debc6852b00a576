"""The real HAProxy with the project's configuration, on a port of a test's own."""

import os
import re
import shutil

from tests.gateway.proxies.proxy import UPSTREAMS, Proxy
from tests.installation import PROJECT, free_port

DEPLOY = PROJECT / "deploy" / "haproxy"


class HAProxy(Proxy):
    program = "haproxy"

    def address(self, place):
        return f"https://127.0.0.1:{self.port}"

    def command(self):
        return [self.program, "-f", self.folder / "haproxy.cfg"]

    def ports(self):
        return [self.port]

    def environment(self):
        return {
            "TOLLGATE_ADDRESS": f"http://127.0.0.1:{self.places['tollgate']}",
            "TOLLGATE_GATEWAY": self.credential,
        }

    def configure(self):
        self.port = free_port()
        pem = self.certificate.read_text() + self.key.read_text()
        (self.folder / "gateway.pem").write_text(pem)
        for path in DEPLOY.glob("*.lua"):
            shutil.copy(path, self.folder)
        text = (DEPLOY / "haproxy.cfg").read_text()
        text = text.replace("/etc/haproxy/", f"{self.folder}/")
        text = text.replace("bind :8443", f"bind 127.0.0.1:{self.port}")
        text = text.replace("abns@tollgate", f"abns@tollgate-{self.port}")
        for name, port in UPSTREAMS.items():
            own = f"127.0.0.1:{self.places[name]}"
            text = re.sub(rf"127.0.0.1:{port}$", own, text, flags=re.MULTILINE)
        if os.geteuid() != 0:
            text = re.sub(r"^    (user|group) haproxy$", "", text, flags=re.MULTILINE)
        (self.folder / "haproxy.cfg").write_text(text)


class RememberingHAProxy(HAProxy):
    """The same with decisions remembered."""

    remembers_seconds = 0.7

    def environment(self):
        return super().environment() | {"TOLLGATE_REMEMBERS": "yes"}
