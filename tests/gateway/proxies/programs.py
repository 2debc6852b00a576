"""How tests start a proxy that stays in the foreground."""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.daemons import SORRY
from tests.waiting import wait_until


@contextmanager
def running(command, ports, log_path, **variables):
    """Run a program of this system until the end, from when it listens on its ports."""
    program, *arguments = command
    require(program)
    with (
        log_path.open("w") as log,
        subprocess.Popen(
            [find(program), *arguments],
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
            process.terminate()
            process.wait()


def find(program):
    """Return where a program is: beside Python, as a package brought it, or elsewhere."""
    beside = Path(sys.executable).parent
    return shutil.which(program, path=beside) or shutil.which(program)


def require(program):
    if not find(program):
        pytest.skip(SORRY.format(program))


def require_files(*paths):
    for path in paths:
        if not path.exists():
            pytest.skip(SORRY.format(path))


def wait(process, port, log_path):
    def is_listening():
        assert process.poll() is None, log_path.read_text()
        with suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return True

    wait_until(is_listening)
