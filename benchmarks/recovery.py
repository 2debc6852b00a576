"""Time a recovery: `python -m benchmarks.recovery`.

Makes an installation of so many tokens, a backup of it, and from that backup another
installation, and prints how long each step takes until that one answers a token. For
PostgreSQL name two empty databases of one server.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.__main__ import ACCOUNTS, machine, product_settings
from benchmarks.measure import free_port

PATIENCE_SECONDS = 300


def main():
    parser = argparse.ArgumentParser(prog="benchmarks.recovery", description=__doc__)
    parser.add_argument("--tokens", type=int, default=1_000_000)
    parser.add_argument("--database", help="URL of an empty PostgreSQL database")
    parser.add_argument("--restored", help="URL of another one, to restore to")
    options = parser.parse_args()
    if bool(options.database) != bool(options.restored):
        parser.error("name two databases of PostgreSQL, or none")
    with tempfile.TemporaryDirectory(prefix="tollgate-recovery-") as scratch:
        recover(Path(scratch), options)
    print(machine())


def recover(folder, options):
    here = product_settings(folder, options.database)
    place = options.restored or f"sqlite:///{folder}/restored.sqlite3"
    there = here | {"DATABASE_URL": place}
    token = fill(here, options.tokens)
    backup = folder / "backup"
    with timed("backup"):
        manage(here, "backup", backup)
    with timed("restore"):
        restore(backup, folder, options.restored)
    with timed("restore_check of 100 secrets"):
        manage(there, "restore_check", "--notes", f"{backup}.json")
    with serving(there) as port, timed("start, until a token is answered"):
        ask(port, token)
    with timed("besides: restore_check of every secret"):
        manage(there, "restore_check", "--all")


def fill(settings, tokens):
    accounts = ACCOUNTS.get(tokens, max(1, tokens // 100))
    print(f"Making {tokens:,} tokens…", file=sys.stderr, flush=True)
    manage(settings, "migrate", "-v0")
    manage(settings, "createcachetable", "-v0")
    manage(settings, "collectstatic", "--no-input", "-v0")
    numbers = f"--tokens={tokens}", f"--accounts={accounts}"
    return manage(settings, "generate_load", *numbers, "--print-token").strip()


def manage(settings, *words):
    done = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "manage.py", *map(str, words)],
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def restore(backup, folder, database):
    if not database:
        shutil.copy(backup, folder / "restored.sqlite3")
        return
    program = shutil.which("pg_restore")
    options = "--no-owner", f"--jobs={os.cpu_count()}", f"--dbname={database}"
    subprocess.run([program, *options, backup], check=True)  # noqa: S603 -- no shell


@contextmanager
def serving(settings):
    port = free_port()
    ports = {"PORT": str(port), "GATEWAY_PORT": str(free_port())}
    with subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        env=os.environ | settings | ports,
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            yield port
        finally:
            process.terminate()


def ask(port, token):
    """Ask whose a token is until there is an answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/whoami", headers={"X-API-TOKEN": token}
    )
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        with suppress(OSError), urllib.request.urlopen(request, timeout=10):  # noqa: S310
            return
        time.sleep(0.02)
    raise TimeoutError("the restored installation does not answer")


@contextmanager
def timed(step):
    began = time.monotonic()
    yield
    print(f"{step:42}{time.monotonic() - began:9.1f} s", flush=True)


if __name__ == "__main__":
    main()
