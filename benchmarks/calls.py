"""Measure the gate and the API: `make benchmark` runs it after the pages.

Every rate stands next to the server's floor, a bare Django view and REST framework's
token authentication in the same run, on the same server with one worker and the same
number of threads. What is shown is the median of several rounds, in which all cases take
turns. The CPU time of the server for each request is what stays true when the machine
does other things.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from math import inf
from pathlib import Path

from benchmarks.__main__ import machine, product_settings
from benchmarks.call_goals import (
    BARE,
    CREATING,
    EVENT,
    FLOORED,
    GUARDED,
    HALF_LOAD,
    IMPORTED,
    INSTALLED,
    INVENTED,
    KNOWN,
    PARALLEL,
    SEARCHING,
    WATCHED,
    WHOAMI,
    verdict,
)
from benchmarks.load import Measured, cpu_of, find_wrk, measure
from benchmarks.measure import free_port, wait_for

FOLDER = Path(__file__).resolve().parent
PORTAL, GATE, PEERS, FLOOR = "portal", "gate", "peers", "floor"
DEFAULT = "default"
# Of one core, over so many seconds.
IDLE, SETTLING = 0.15, 3
QUESTION = "/gateway/verify/api"
ROUNDS = 3
SIZES = 1_000, 100_000, 10_000_000
SEARCH = '{"filter": {"enabled": true}}'


@dataclass(frozen=True, slots=True)
class Server:
    pid: int
    port: int


def main():
    parser = argparse.ArgumentParser(prog="benchmarks.calls", description=__doc__)
    parser.add_argument("--tokens", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--seconds", type=int, default=2, help="of a case in a round")
    parser.add_argument("--threads", type=int, default=2, help="of every server")
    parser.add_argument("--database", help="URL of an empty PostgreSQL database")
    parser.add_argument(
        "--metrics",
        action="store_true",
        help="measure besides what counting for Prometheus adds to each case",
    )
    options = parser.parse_args()
    if options.database and len(options.tokens) > 1:
        parser.error("measure one size at a time in a database of your own")
    find_wrk()
    results = {}
    for tokens in options.tokens:
        print(f"Measuring calls at {tokens:,} tokens…", file=sys.stderr, flush=True)
        results[tokens] = at_size(tokens, options)
        print(machine(), *table(tokens, results[tokens]), sep="\n", flush=True)
    vendor = "postgresql" if options.database else "sqlite"
    print(*verdict(results, vendor), sep="\n")
    keep(results)


def at_size(tokens, options):
    with tempfile.TemporaryDirectory(prefix="tollgate-benchmark-") as scratch:
        environment = os.environ | product_settings(scratch, options.database)
        environment |= {
            "PEER_DATABASE": options.database or f"sqlite:///{scratch}/peers.sqlite3",
            "WORKERS": "1",
            "THREADS": str(options.threads),
            "GATEWAY_THREADS": str(options.threads),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        made = json.loads(program("benchmarks.filling", environment, str(tokens)))
        peers = environment | {"DJANGO_SETTINGS_MODULE": "benchmarks.peer_settings"}
        made |= json.loads(program("benchmarks.peer_filling", peers, str(tokens)))
        with ExitStack() as stack:
            tollgate = stack.enter_context(serving(environment))
            servers = tollgate | {
                DEFAULT: stack.enter_context(serving(as_installed(environment)))[GATE],
                PEERS: stack.enter_context(granian("benchmarks.peers", peers)),
                FLOOR: stack.enter_context(granian("benchmarks.floor", environment)),
            }
            settle(servers)
            measured = measure_all(servers, made, options.seconds)
            event = float(program("benchmarks.audit_row", environment))
            measured |= {EVENT: event}
        if options.metrics:
            added = program("benchmarks.watched", environment, given=json.dumps(made))
            measured |= {WATCHED: json.loads(added)}
        if options.database:
            rates = program("benchmarks.parallel_creates", environment, "3")
            measured |= {PARALLEL: json.loads(rates)}
        return measured


def as_installed(environment):
    """Return the variables without those that say how much of everything there is."""
    said = {"WORKERS", "THREADS", "GATEWAY_THREADS"}
    return {name: text for name, text in environment.items() if name not in said}


def settle(servers):
    """Wait until each server has read what it keeps in memory, and is idle."""
    for server in servers.values():
        used = inf
        while used > IDLE * SETTLING:
            before = cpu_of(server.pid)
            time.sleep(SETTLING)
            used = cpu_of(server.pid) - before


def program(name, environment, *arguments, given=""):
    """Return what one of our programs prints; `given` is its standard input."""
    done = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-m", name, *arguments],
        env=environment,
        input=given.encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return done.stdout


@contextmanager
def serving(environment):
    """Start Tollgate, which is two servers; the CPU time of each is that of both."""
    gateway_port = free_port()
    command = "manage.py", "serve", "--gateway-port", str(gateway_port), "--port"
    with listening(environment, *command) as portal:
        wait_for(gateway_port)
        yield {PORTAL: portal, GATE: replace(portal, port=gateway_port)}


def granian(module, environment):
    options = ["--interface", "wsgi", "--http", "1", "--no-ws", "--log-level", "error"]
    options += ["--workers", "1", "--blocking-threads", environment["THREADS"]]
    target = f"{module}:application"
    return listening(environment, "-m", "granian", *options, target, "--port")


@contextmanager
def listening(environment, *command):
    port = free_port()
    process = subprocess.Popen(  # noqa: S603 -- our own program
        [sys.executable, *command, str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield Server(process.pid, port)
    finally:
        process.terminate()
        process.wait()


def cases(made):
    """Yield (name, server, path, what else wrk is told) of everything measured."""
    api = {"X-API-TOKEN": made["api"]}
    asked = {"X-Tollgate-Gateway": made["gateway"]}
    tokens = "/v1/log-shipping/tokens"
    names = [
        f'{{"name": "{secrets.token_hex(8)}", "enabled": false}}' for _ in range(10_000)
    ]
    each = {"headers": asked, "header": "X-API-TOKEN", "as_sent": True}
    invented, foreign = (
        each | {"lines": made[name]} for name in ("invented", "foreign")
    )
    yield FLOORED, FLOOR, "/", {}
    yield "the gate's answer, unasked", FLOOR, QUESTION, {"headers": asked | api}
    yield BARE, PEERS, "/bare", {}
    key = {"Authorization": f"Token {made['key']}"}
    yield GUARDED, PEERS, "/guarded", {"headers": key}
    yield KNOWN, GATE, QUESTION, {"headers": asked | api}
    yield INSTALLED, DEFAULT, QUESTION, {"headers": asked | api}
    yield INVENTED, GATE, QUESTION, invented
    yield IMPORTED, GATE, QUESTION, foreign
    again = asked | {"X-API-TOKEN": made["foreign"][0]}
    yield "gate, one unknown again", GATE, QUESTION, {"headers": again}
    malformed = asked | {"X-API-TOKEN": "tga_malformed"}
    yield "gate, malformed token", GATE, QUESTION, {"headers": malformed}
    yield WHOAMI, PORTAL, "/v2/whoami", {"headers": api}
    search = {"headers": api, "method": "POST", "lines": [SEARCH]}
    yield SEARCHING, PORTAL, f"{tokens}/search", search
    create = {"headers": api, "method": "POST", "lines": names}
    yield CREATING, PORTAL, tokens, create


def measure_all(servers, made, seconds):
    """Return {name: the Measured round with the median rate}."""
    rounds = {}
    for _ in range(ROUNDS):
        for name, server, path, told in cases(made):
            measured = one_round(servers[server], path, told, seconds)
            rounds.setdefault(name, []).append(measured)
            if name == KNOWN:
                evenly = told | at_half(measured.rate)
                half = one_round(servers[server], path, evenly, seconds)
                rounds.setdefault(HALF_LOAD, []).append(half)
    broken = {name for name, each in rounds.items() if any(one.broken for one in each)}
    if broken:
        raise SystemExit(f"Connections broke: {', '.join(broken)}")
    return {name: middle(each) for name, each in rounds.items()}


def one_round(server, path, told, seconds):
    # What the case before left in the server's queue is not counted.
    measure(server, path, seconds=1, **told)
    return measure(server, path, seconds=seconds, **told)


def at_half(rate, connections=64):
    """Return what makes wrk ask half as often as could be answered, evenly spread."""
    pause = max(1, round(connections / (rate / 2) * 1000))
    return {"connections": connections, "pause_ms": pause}


def middle(rounds):
    return sorted(rounds, key=lambda measured: measured.rate)[len(rounds) // 2]


def table(tokens, results):
    bare = results[BARE]
    heads = ("req/s", "to bare", "CPU µs", "p50 ms", "p99 ms")
    yield f"{f'{tokens:,} tokens':28}" + "".join(f"{head:>11}" for head in heads)
    for name, result in results.items():
        if name == EVENT:
            yield f"{name:28}{result:>32.1f}"
        if not isinstance(result, Measured):
            continue
        yield (
            f"{name:28}{result.rate:>11,.0f}{result.rate / bare.rate:>10.2f}x"
            f"{result.cpu:>11.1f}{result.latency(50) / 1000:>11.2f}"
            f"{result.latency(99) / 1000:>11.2f}"
        )


def keep(results):
    folder = FOLDER / "results"
    folder.mkdir(exist_ok=True)
    sizes = {
        tokens: {name: plain(result) for name, result in measured.items()}
        for tokens, measured in results.items()
    }
    name = datetime.now(UTC).strftime("calls-%Y-%m-%dT%H%M%SZ.json")
    (folder / name).write_text(json.dumps({"machine": machine(), "sizes": sizes}))
    print(f"Raw histograms: benchmarks/results/{name}")


def plain(result):
    return asdict(result) if isinstance(result, Measured) else result


if __name__ == "__main__":
    main()
