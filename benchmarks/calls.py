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
BARE, GUARDED = "bare Django view", "REST framework, token"
KNOWN, HALF_LOAD = "gate, known token", "gate, at half load"
# What counting for Prometheus adds, of `benchmarks.watched`.
WATCHED, TELLING = "watched", ""
LEAST_WATCHED = 0.97
FLOORED, INSTALLED = "the server's floor", "gate, as installed"
INVENTED, IMPORTED = "gate, invented tokens", "gate, invented UUIDs"
WHOAMI, SEARCHING, CREATING = "whoami", "search log tokens", "create a log token"
# Of a search, whose event is no part of its goal.
EVENT = "an event"
# Of eight who make tokens in one organisation, next to eight in eight of them. SQLite has
# one writer at a time, whatever is written.
PARALLEL, LEAST_PARALLEL = "parallel creates", 0.7
# Where goals are stated: at least so many times as fast as another case.
GOALS = (
    (KNOWN, BARE, 4),
    (KNOWN, FLOORED, 0.75),
    (KNOWN, GUARDED, 25),
    (INVENTED, KNOWN, 0.9),
    (IMPORTED, BARE, {"sqlite": 2, "postgresql": 1}),
    (WHOAMI, GUARDED, 1.5),
)
# At most so many times the CPU time of another case.
COSTS = (
    (INSTALLED, KNOWN, 1.15),
    (SEARCHING, WHOAMI, 2),
    (CREATING, WHOAMI, 3),
)


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


def verdict(results, vendor):
    for tokens, measured in results.items():
        found = *speeds(measured, vendor), *costs(measured), *together(measured)
        for line in found:
            yield f"{tokens:,} tokens: {line}"
        p99 = measured[HALF_LOAD].latency(99) / 1000
        yield f"{tokens:,} tokens: " + said(
            f"p99 at half load is {p99:.2f} ms", "below 5", good=p99 < 5
        )
        yield from watching(tokens, measured)
    yield from growth(results)


def speeds(measured, vendor):
    for name, other, goal in GOALS:
        least = goal[vendor] if isinstance(goal, dict) else goal
        rate = measured[name].rate / measured[other].rate
        cpu = measured[other].cpu / measured[name].cpu
        yield said(
            f"{name} is {rate:.2f} times {other}, {cpu:.2f} times by CPU time",
            f"at least {least}",
            good=rate >= least,
        )


def costs(measured):
    for name, other, most in COSTS:
        apart = measured[EVENT] if name == SEARCHING else 0
        cost = (measured[name].cpu - apart) / measured[other].cpu
        told = " apart from its event" if apart else ""
        yield said(
            f"{name} takes {cost:.2f} times the CPU time of {other}{told}",
            f"at most {most}",
            good=cost <= most,
        )


def together(measured):
    """Yield how much the chain of an organisation holds up those who write to it."""
    if rates := measured.get(PARALLEL):
        share = rates["one"] / rates["eight"]
        yield said(
            f"8 parallel creates in one organisation are {share:.2f} of 8 in eight",
            f"at least {LEAST_PARALLEL}",
            good=share >= LEAST_PARALLEL,
        )


def said(what, goal, *, good):
    return f"{what} (goal: {goal}): {'met' if good else 'NOT MET'}."


def watching(tokens, measured):
    """Yield how fast each case is with metrics, next to itself without."""
    added = measured.get(WATCHED)
    if not added:
        return
    telling, _ = added.pop(TELLING)
    for name, (more, precision) in added.items():
        cpu = measured[name].cpu
        share = 1 / (1 + more / cpu + telling)
        told = f"{name} with metrics is {share:.3f} times itself by CPU time: {more:.2f} µs"
        told += f" (precise to {precision:.2f}) more of {cpu:.0f}, and {telling:.2%} to tell"
        yield f"{tokens:,} tokens: " + said(
            told, f"at least {LEAST_WATCHED}", good=share >= LEAST_WATCHED
        )


def growth(results):
    """Yield how fast the most tokens are told, next to the fewest."""
    least, most = min(results), max(results)
    for name in (KNOWN, INVENTED, IMPORTED) if least != most else ():
        then, now = (
            results[size][name].rate / results[size][FLOORED].rate
            for size in (least, most)
        )
        yield (
            f"{name}: at {most:,}, measured in floors, {now / then:.2f} times as fast "
            f"as at {least:,} (goal: 1)."
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
