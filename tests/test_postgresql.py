"""The servers of a test run end with it, however that goes."""

import subprocess
import sys

import psutil
import pytest

from tests.installation import PROJECT

HOLDER = """
from tests import postgresql

with postgresql.separate() as server:
    print(server.get_pid(), flush=True)
    input()
"""


@pytest.mark.postgresql
def test_a_server_ends_with_a_run_that_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as run:
        server = psutil.Process(int(run.stdout.readline()))
        run.kill()

    server.wait(60)
    assert not server.is_running()
