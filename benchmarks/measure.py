"""Measure one size: a scratch database, the real server, requests one after another.

Prints JSON. Pages are asked for in turns with the empty page, so that whatever else the
machine does falls on all of them alike.
"""

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from io import StringIO

import django
from django.core.management import call_command

from benchmarks.browser import Browser

EMAIL, PASSWORD = "bench@example.test", "a long password for benchmarks"
WARM_UP = 5
TOKEN = re.compile(r'id="token-(\d+)"')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--accounts", type=int, required=True)
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    django.setup()
    main_id, secret, load_seconds = fill(options.accounts, options.tokens)
    with server() as port:
        browser = Browser(port)
        browser.log_in(EMAIL, PASSWORD)
        times, sizes = pages(browser, main_id, options.rounds)
        times |= actions(browser, main_id, secret, options.rounds // 2)
    summary = {name: describe(seconds) for name, seconds in times.items()}
    answer = {"load_seconds": load_seconds, "times": summary, "bytes": sizes}
    json.dump(answer, sys.stdout)


def fill(accounts, tokens):
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    started, printed = time.monotonic(), StringIO()
    call_command(
        "generate_load",
        accounts=accounts,
        tokens=tokens,
        print_token=True,
        stdout=printed,
    )
    seconds = time.monotonic() - started
    main_id = add_admin()
    return main_id, printed.getvalue().strip(), seconds


def add_admin():
    # Models can be imported only now.
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import Account, Membership, Role, User  # noqa: PLC0415

    main = Account.objects.get(kind="main")
    user = User.objects.create_user(EMAIL, PASSWORD)
    Membership.objects.create(
        user=user, account=main, role=Role.ADMIN, accepted_at=timezone.now()
    )
    return main.pk


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextmanager
def server():
    port = free_port()
    ports = ["--port", str(port), "--gateway-port", str(free_port())]
    command = [sys.executable, "manage.py", "serve", *ports]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 -- our own program
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def wait_for(port):
    for _ in range(1200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The server did not start.")


def deep(account, sort):
    """Return the query string of the page in the middle of the API tokens."""
    from accounts.models import Account  # noqa: PLC0415 -- only after setup
    from accounts.web.pagination import _Keyset  # noqa: PLC0415

    tokens = Account.objects.get(pk=account).tokens.filter(kind="api")
    keyset = _Keyset(tokens, sort)
    row = tokens.order_by(sort, "-pk")[tokens.count() // 2]
    return f"?sort={sort}&cursor={keyset.cursor('next', [row], None)}"


def pages(browser, account, rounds):
    base = f"/accounts/{account}"
    paths = {
        "empty page": f"{base}/empty/",
        "API tab": f"{base}/tokens/api/",
        "API tab, in the middle": f"{base}/tokens/api/{deep(account, '-created_at')}",
        "API tab, by last use": f"{base}/tokens/api/?sort=-last_used_at",
        "API tab, name search": f"{base}/tokens/api/?q=0000",
        "API tab, search without a match": f"{base}/tokens/api/?q=no-such-name",
        "Shipping tab": f"{base}/tokens/shipping/",
        "Shared tab": f"{base}/tokens/shared/",
        "All tokens": f"{base}/tokens/all/",
        "All tokens, search without a match": f"{base}/tokens/all/?q=no-such-name",
    }
    times, sizes = {name: [] for name in paths}, {}
    for number in range(rounds + WARM_UP):
        for name, path in paths.items():
            seconds, html = browser.timed_get(path)
            sizes[name] = len(html.encode())
            if number >= WARM_UP:
                times[name].append(seconds)
    return times, sizes


def actions(browser, account, secret, rounds):
    base = f"/accounts/{account}/tokens"
    times = {name: [] for name in ("Create", "Copy", "Disable", "whoami")}
    for number in range(rounds):
        seconds, row = browser.timed_post(f"{base}/api/new/", name=f"Made {number}")
        times["Create"].append(seconds)
        token = TOKEN.search(row)[1]
        seconds, _ = browser.timed_post(f"{base}/{token}/reveal/")
        times["Copy"].append(seconds)
        seconds, _ = browser.timed_post(f"{base}/{token}/disable/", reason="measured")
        times["Disable"].append(seconds)
        seconds, _ = browser.timed_get("/v2/whoami", **{"X-API-TOKEN": secret})
        times["whoami"].append(seconds)
    return times


def describe(seconds):
    ordered = sorted(seconds)
    return {
        "median": statistics.median(ordered),
        "p95": ordered[int(len(ordered) * 0.95)],
        "raw": seconds,
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    main()
