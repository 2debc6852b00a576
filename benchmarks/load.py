"""One measurement: wrk asks a server that runs here, and the server's own CPU time."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Measured:
    """`latencies` are microseconds, at each tenth of a percent."""

    requests: int
    seconds: float
    cpu_seconds: float
    not_2xx: int
    broken: int
    latencies: list

    @property
    def rate(self):
        return self.requests / self.seconds

    @property
    def cpu(self):
        """CPU time of the server for one request, in microseconds."""
        return self.cpu_seconds / self.requests * 1e6

    def latency(self, percent):
        return self.latencies[round(percent * 10)]


def find_wrk():
    """Install the load generator where Debian's packages are; raises where not."""
    if shutil.which("wrk") is None and shutil.which("apt-get"):
        command = ["apt-get", "install", "--yes", "--quiet=2", "wrk"]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # noqa: S603 -- a fixed command
    if shutil.which("wrk") is None:
        raise SystemExit("The benchmark needs the load generator wrk: install it.")


def measure(server, path, *, seconds, headers=(), lines=None, connections=32, **script):
    """Ask for a path as fast as the answers come; `script` is told to wrk.lua.

    `lines` are sent in turn; they are left so that the next measurement goes on with
    those that were not sent yet.
    """
    with tempfile.NamedTemporaryFile("w") as file:
        if lines:
            file.write("\n".join(lines))
            file.flush()
            script["lines"] = file.name
        command = [*wrk(server, path, connections, seconds), *given(headers)]
        before = cpu_of(server.pid)
        done = subprocess.run(  # noqa: S603 -- our own arguments
            command,
            env=os.environ | variables(script),
            capture_output=True,
            text=True,
            check=True,
        )
        measured = read(done.stdout, cpu_of(server.pid) - before)
    if lines:
        # What was under way at the end has been sent as well.
        sent = (measured.requests + connections) % len(lines)
        lines[:] = lines[sent:] + lines[:sent]
    return measured


@contextmanager
def load_on(server, lines):
    """Ask for `/` as fast as the answers come, with one of the tokens in turn."""
    script = {"header": "X-API-TOKEN"}
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\n".join(lines))
        file.flush()
        with subprocess.Popen(  # noqa: S603 -- our own arguments
            wrk(server, "/", connections=16, seconds=24 * 3600),
            env=os.environ | variables(script | {"lines": file.name}),
            stdout=subprocess.DEVNULL,
        ) as process:
            try:
                yield
            finally:
                process.terminate()


def wrk(server, path, connections, seconds):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--timeout", "30"]
    return [*command, "-s", str(SCRIPT), f"http://127.0.0.1:{server.port}{path}"]


def given(headers):
    for name, value in dict(headers).items():
        yield from ("-H", f"{name}: {value}")


def variables(script):
    return {f"WRK_{name.upper()}": str(value) for name, value in script.items()}


def cpu_of(pid):
    """Return the CPU seconds of a process and those that it started."""
    times = [each.cpu_times() for each in processes_of(pid)]
    return sum(each.user + each.system for each in times)


def processes_of(pid):
    process = psutil.Process(pid)
    return process, *process.children(recursive=True)


def read(output, cpu_seconds):
    lines = (line.split() for line in output.splitlines())
    said = {words[0]: words[1:] for words in lines if words}
    requests, microseconds, not_2xx, broken = map(int, map(float, said["SUMMARY"]))
    latencies = [int(float(value)) for value in said["DISTRIBUTION"]]
    return Measured(
        requests, microseconds / 1e6, cpu_seconds, not_2xx, broken, latencies
    )
