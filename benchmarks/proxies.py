"""Measure the whole way through nginx and HAProxy: `make benchmark` runs it last.

The same trivial upstream behind each proxy three times: unguarded, guarded by a question
for each request, and guarded by what the proxy remembers. All of them take turns, so that
whatever else the machine does falls on all alike; what is shown is the median of several
rounds, with the CPU time of the proxy and of Tollgate for each request. A fourth way, the
same with a function in Lua that lets everything pass, is the floor of what remembers.
Then calls are counted, and tokens are deleted under load, at two Tollgates behind two
proxies.
"""

import argparse
import json
import shutil
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.__main__ import machine
from benchmarks.bench import Bench
from benchmarks.call_goals import said
from benchmarks.calls import FOLDER
from benchmarks.fronts import FLOOR, FRONTS, GUARDED, REMEMBERED, UNGUARDED
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
        default=1,
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
    with (
        tempfile.TemporaryDirectory(prefix="tollgate-benchmark-") as scratch,
        Bench(Path(scratch), options) as bench,
    ):
        results = measured(bench, options)
    print(*verdict(results), sep="\n")
    keep(options, results)


def measured(bench, options):
    """Return {name of a proxy: what is measured of it}, and print it as it comes."""
    results, sent = {}, {}
    for name in options.proxies:
        results[name] = {"load": bench.load(name), "revoked": {}}
        print(machine(), *table(name, results[name]["load"]), sep="\n", flush=True)
        sent[name] = bench.count(name)
    if options.trials:
        with bench.second() as other:
            for name in options.proxies:
                found = {REMEMBERED: bench.revoked(name, other)}
                results[name]["revoked"] = found
                print(*refusals(found), sep="\n", flush=True)
    for name, expected in sent.items():
        results[name]["counts"] = bench.counted(name, expected)
    return results


def table(name, load):
    heads = (
        "req/s",
        "to unguarded",
        "proxy CPU µs",
        "Tollgate CPU µs",
        "half load p99 ms",
    )
    yield f"{name:24}" + "".join(f"{head:>18}" for head in heads) + f"{'refused':>10}"
    for connections, kinds in load.items():
        for kind, each in kinds.items():
            yield row(f"{kind}, {connections}", each, kinds[UNGUARDED])


def refusals(found):
    for kind, revoked in found.items():
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
    floor = load[FLOOR]
    yield (
        f"{title}, empty Lua: {floor.rate / bare.rate:.2f} of unguarded, p99 at half load "
        f"{floor.p99 / bare.p99:.2f} times; remembered is {one.rate / floor.rate:.2f} of it"
    )
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
