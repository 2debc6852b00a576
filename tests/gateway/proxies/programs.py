"""How tests start a proxy that stays in the foreground."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager, suppress


@contextmanager
def running(command, port, log_path, **variables):
    """Run a program of this system until the end, from when it listens on the port."""
    program, *arguments = command
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
            wait(process, port, log_path)
            yield
        finally:
            process.kill()


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
