"""Measure the whole way through nginx and HAProxy: `make benchmark` runs it last.

The same trivial upstream behind each proxy three times: unguarded, guarded by a question
for each request, and guarded by what the proxy remembers. All three take turns, so that
whatever else the machine does falls on all alike; what is shown is the median of several
rounds, with the CPU time of the proxy and of Tollgate for each request. Then tokens are
deleted under load, at two Tollgates behind two proxies, and calls are counted.
"""

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.__main__ import machine
from benchmarks.bench import Bench
from benchmarks.calls import FOLDER, said
from benchmarks.fronts import FRONTS, GUARDED, REMEMBERED, UNGUARDED
from benchmarks.load import find_wrk
from benchmarks.revocations import PROMISE_SECONDS

# At so many connections at least so much of unguarded; at both so often as guarded.
OF_UNGUARDED = {16: 0.85, 256: 0.75}
OF_GUARDED = 2.2
P99 = 1.3


def main():
    parser = argparse.ArgumentParser(prog="benchmarks.proxies", description=__doc__)
    parser.add_argument("--proxies", nargs="+", choices=FRONTS, default=list(FRONTS))
    parser.add_argument("--tokens", type=int, default=100_000, help="in use")
    parser.add_argument("--connections", type=int, nargs="+", default=[16, 256])
    parser.add_argument("--seconds", type=int, default=2, help="of a case in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--settling",
        type=float,
        default=2,
        help="seconds in which Tollgate has to be idle before each round",
    )
    parser.add_argument("--trials", type=int, default=1000, help="tokens to delete")
    parser.add_argument("--counted", type=int, default=20_000, help="calls to count")
    parser.add_argument("--database", help="URL of an empty PostgreSQL database")
    parser.add_argument("--results", type=Path, default=FOLDER / "results")
    options = parser.parse_args()
    find_wrk()
    for name in options.proxies:
        if shutil.which(name) is None:
            raise SystemExit(
                f"The benchmark needs {name}: install it, or name --proxies."
            )
    results = {}
    with tempfile.TemporaryDirectory(prefix="tollgate-benchmark-") as scratch:
        bench = Bench(Path(scratch), options)
        for name in options.proxies:
            print(f"Measuring {name}…", file=sys.stderr, flush=True)
            results[name] = bench.through(name)
            print(machine(), *table(name, results[name]), sep="\n", flush=True)
    print(*verdict(results), sep="\n")
    keep(options, results)


def table(name, found):
    heads = (
        "req/s",
        "to unguarded",
        "proxy CPU µs",
        "Tollgate CPU µs",
        "half load p99 ms",
    )
    yield f"{name:24}" + "".join(f"{head:>18}" for head in heads) + f"{'refused':>10}"
    for connections, load in found["load"].items():
        for kind, each in load.items():
            yield row(f"{kind}, {connections}", each, load[UNGUARDED])
    for kind, revoked in found["revoked"].items():
        yield (
            f"{kind}: {revoked['trials']} tokens deleted, passed last after "
            f"{revoked['passed_last']:.2f} s, later than {PROMISE_SECONDS} s: "
            f"{revoked['passed_late']}; the first refusal was asked for after at most "
            f"{revoked['refused_from']:.2f} s, and read after "
            f"{revoked['answered_after']:.2f} s. Answered since then: {statuses(revoked)}."
        )


def statuses(revoked):
    found = sorted(revoked["statuses"].items())
    return ", ".join(f"{times:,} times {status}" for status, times in found)


def row(title, each, unguarded):
    return (
        f"{title:24}{each.rate:>18,.0f}{each.rate / unguarded.rate:>17.2f}x"
        f"{each.full.measured.cpu:>18.1f}{each.tollgate_cpu:>18.1f}"
        f"{each.p99 / 1000:>18.2f}{each.full.measured.not_2xx:>10,}"
    )


def verdict(results):
    for name, found in results.items():
        for connections, load in found["load"].items():
            if REMEMBERED in load:
                yield from speed(
                    f"{name}, {connections} connections", connections, load
                )
        for kind, revoked in found["revoked"].items():
            yield said(
                f"{name}, {kind}: what is sent later than {revoked['refused_from']:.2f} s "
                f"is refused at every proxy, {revoked['passed_late']} passed later",
                f"at most {PROMISE_SECONDS:.0f} s in {revoked['trials']:,} trials",
                good=revoked["refused_from"] <= PROMISE_SECONDS
                and not revoked["passed_late"],
            )
        for kind, (sent, counted) in found["counts"].items():
            yield said(
                f"{name}, remembered: of {sent:,} {kind} {counted:,} are counted",
                "all",
                good=sent == counted,
            )


def speed(title, connections, load):
    """Yield the goals of one number of connections."""
    one, guarded, bare = load[REMEMBERED], load[GUARDED], load[UNGUARDED]
    rate = one.rate / bare.rate
    goal = OF_UNGUARDED.get(connections, min(OF_UNGUARDED.values()))
    title += ", remembered"
    yield said(
        f"{title}: {rate:.2f} of unguarded", f"at least {goal}", good=rate >= goal
    )
    rate = one.rate / guarded.rate
    yield said(
        f"{title}: {rate:.2f} times guarded",
        f"at least {OF_GUARDED}",
        good=rate >= OF_GUARDED,
    )
    late = one.p99 / bare.p99
    yield said(
        f"{title}: p99 at half load {late:.2f} times unguarded",
        f"at most {P99}",
        good=late <= P99,
    )


def keep(options, results):
    options.results.mkdir(exist_ok=True)
    raw = {name: plain(found) for name, found in results.items()}
    name = datetime.now(UTC).strftime("proxies-%Y-%m-%dT%H%M%SZ.json")
    told = vars(options) | {"results": str(options.results)}
    text = json.dumps({"machine": machine(), "options": told, "proxies": raw})
    (options.results / name).write_text(text)
    print(f"Raw numbers: {options.results / name}")


def plain(found):
    load = {
        connections: {kind: asdict(each) for kind, each in kinds.items()}
        for connections, kinds in found["load"].items()
    }
    return found | {"load": load}


if __name__ == "__main__":
    main()
