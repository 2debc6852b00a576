"""The real HAProxy with the project's configuration, on a port of a test's own."""

import re
import shutil
import time
from contextlib import contextmanager

from tests.gateway.proxies import programs
from tests.installation import PROJECT, free_port

DEPLOY = PROJECT / "deploy" / "haproxy"


class HAProxy:
    def __init__(self, folder, world, **environment):
        self.port = free_port()
        self.address = f"https://127.0.0.1:{self.port}"
        self._log = folder / "haproxy.log"
        self._folder = folder
        self._environment = {
            "TOLLGATE_ADDRESS": world.tollgate.address,
            "TOLLGATE_GATEWAY": world.secrets["gateway"],
        } | environment
        self._copy(world)

    @contextmanager
    def running(self):
        command = ["haproxy", "-f", self._folder / "haproxy.cfg"]
        with programs.running(command, [self.port], self._log, **self._environment):
            yield self

    def log(self):
        return self._log.read_text()

    def comes_to_log(self, text):
        """Wait until a text is in the log, which is written after the answer."""
        for _ in range(100):
            if text in self.log():
                return True
            time.sleep(0.05)
        return False

    def _copy(self, world):
        nginx = world.nginx.folder
        pem = (nginx / "certificate.pem").read_text() + (nginx / "key.pem").read_text()
        (self._folder / "gateway.pem").write_text(pem)
        shutil.copy(DEPLOY / "tollgate.lua", self._folder)
        text = (DEPLOY / "haproxy.cfg").read_text()
        text = text.replace("/etc/haproxy/", f"{self._folder}/")
        text = text.replace("bind :8443", f"bind 127.0.0.1:{self.port}")
        text = text.replace("127.0.0.1:8428", f"127.0.0.1:{world.metrics.port}")
        text = re.sub(
            r"127.0.0.1:(3100|3200|4318|9428)$",
            f"127.0.0.1:{world.store.port}",
            text,
            flags=re.MULTILINE,
        )
        (self._folder / "haproxy.cfg").write_text(text)
