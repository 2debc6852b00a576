"""The real VictoriaMetrics, in one node, which knows no tenants."""

import shutil
import subprocess
from contextlib import contextmanager, suppress

import httpx

from tests.installation import free_port
from tests.waiting import wait_until


class VictoriaMetrics:
    def __init__(self, folder):
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.command = [
            shutil.which("victoria-metrics"),
            f"-storageDataPath={folder}",
            f"-httpListenAddr=127.0.0.1:{self.port}",
            # Samples are to be found at once, and no answer comes from before.
            "-search.latencyOffset=0s",
            "-search.disableCache",
            "-memory.allowedPercent=5",
        ]

    @contextmanager
    def running(self):
        with subprocess.Popen(self.command, stderr=subprocess.DEVNULL) as process:
            try:
                self._wait(process)
                yield self
            finally:
                process.kill()

    def settle(self):
        """Make what was shipped so far visible to queries."""
        httpx.get(f"{self.address}/internal/force_flush").raise_for_status()

    def labels(self, name):
        """Return the labels of the one series of a name, as the store itself has them."""
        self.settle()
        answer = httpx.get(f"{self.address}/api/v1/series", params={"match[]": name})
        [series] = answer.json()["data"]
        return {label: series[label] for label in series if label != "__name__"}

    def _wait(self, process):
        def is_healthy():
            assert process.poll() is None
            with suppress(httpx.HTTPError):
                return httpx.get(f"{self.address}/health").is_success

        wait_until(is_healthy)
