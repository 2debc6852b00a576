"""How tests start a proxy that stays in the foreground."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager, suppress

import pytest

from tests.daemons import SORRY


@contextmanager
def running(command, ports, log_path, **variables):
    """Run a program of this system until the end, from when it listens on its ports."""
    program, *arguments = command
    require(program)
    with (
        log_path.open("w") as log,
        subprocess.Popen(
            [shutil.which(program), *arguments],
            env=os.environ | variables,
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            for port in ports:
                wait(process, port, log_path)
            yield
        finally:
            process.kill()


def require(program):
    if not shutil.which(program):
        pytest.skip(SORRY.format(program))


def wait(process, port, log_path):
    for _ in range(200):
        assert process.poll() is None, log_path.read_text()
        with (
            suppress(ConnectionRefusedError),
            socket.create_connection(("127.0.0.1", port)),
        ):
            return
        time.sleep(0.05)
    raise TimeoutError(log_path.read_text())
