"""Where Prometheus asks, in the server that people run."""

import shutil
import socket
import subprocess
from http.client import HTTPConnection

import httpx
import pytest

from config import metrics
from tests.installation import Installation, free_port
from tests.waiting import PATIENCE_SECONDS, wait_until
from tokens.secrets import OUR_FORMAT


class OverSocket(HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE_SECONDS)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE_SECONDS)
        self.sock.connect(self._path)


def get(url, **options):
    return httpx.get(url, timeout=PATIENCE_SECONDS, **options)


def over_socket(path):
    connection = OverSocket(path)
    connection.request("GET", "/metrics")
    try:
        return connection.getresponse().read().decode()
    finally:
        connection.close()


@pytest.mark.programs
@pytest.mark.sqlite
def test_all_processes_are_told_where_the_public_is_not(tmp_path, migrated):
    path, port = str(tmp_path / "metrics.sock"), free_port()
    installation = Installation.like(
        migrated, tmp_path, METRICS_PORT=str(port), METRICS_SOCKET=path
    )
    gate = f"http://127.0.0.1:{installation.gateway_port}"
    processes = (
        'tollgate_processes{listener="portal"} 1.0',
        'tollgate_processes{listener="gateway"} 1.0',
    )
    answered = (
        'tollgate_question_duration_seconds_count{signal="logs",status="503"} 1.0'
    )
    counted = 'tollgate_http_requests_total{area="api",method="GET",status="403"} 1.0'

    with installation.running("manage.py", "serve"):
        assert get(f"{installation.address}/v2/whoami").status_code == 403
        assert get(f"{gate}/metrics").status_code == 404
        headers = {"X-API-TOKEN": "tga_made_up"}
        assert get(f"{gate}/gateway/verify/logs", headers=headers).status_code == 503

        def told():
            text = get(f"http://127.0.0.1:{port}/metrics").text
            return all(line in text for line in (*processes, answered, counted))

        wait_until(told)
        text = get(f"http://127.0.0.1:{port}/metrics").text
        assert "tollgate_database_up 1.0" in over_socket(path)

    assert not OUR_FORMAT.search(text)
    check(text)


def check(text):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    done = subprocess.run(
        [promtool, "check", "metrics"],
        input=text,
        text=True,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def ask(path):
    answered = []
    environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET"}
    parts = metrics.application(environ, lambda *started: answered.extend(started))
    return answered[0], b"".join(parts)


def test_there_is_nothing_else(client, db):
    assert client.get("/metrics").status_code == 404
    assert ask("/") == ("404 Not Found", b"Metrics are at /metrics\n")
    status, text = ask("/metrics")

    assert status == "200 OK"
    assert b"tollgate_database_up 1.0" in text
