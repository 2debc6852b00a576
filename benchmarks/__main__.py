"""Measure pages and actions at several sizes: `make benchmark` ends here.

The table shows milliseconds, and how often an empty authenticated page fits into them
on the same server in the same run. It is no test: numbers depend on the machine.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from config.dotenv import FRESH

FOLDER = Path(__file__).resolve().parent
ACCOUNTS = {100: 1, 10_000: 100, 1_000_000: 10_000}
# What stands for the number of tokens in the name of a database.
SIZE = "{tokens}"
TAB = "API tab"
EMPTY = "empty page"
# How many empty pages may fit into a page.
GOALS = {
    TAB: 2.0,
    "Shipping tab": 2.0,
    "Shared tab": 2.3,
    "All tokens": 2.3,
    "API tab, name search": 3.0,
    "API tab, search without a match": 3.0,
    "All tokens, search without a match": 3.0,
}
GROWING = (TAB, "Shipping tab", "Shared tab", "All tokens")


def main():
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--tokens", type=int, nargs="+", default=list(ACCOUNTS))
    parser.add_argument("--rounds", type=int, default=60, help="requests of each page")
    parser.add_argument(
        "--database",
        help="URL of an empty PostgreSQL database; for several sizes, of one for each, "
        "with {tokens} where their number is in its name",
    )
    options = parser.parse_args()
    several = len(options.tokens) > 1
    if several and options.database and SIZE not in options.database:
        parser.error(f"say where {SIZE} is in the name of each size's own database")
    results = {}
    for tokens in options.tokens:
        print(f"Measuring {tokens:,} tokens…", file=sys.stderr, flush=True)
        results[tokens] = measure(tokens, options)
    print(machine(), *table(results), *verdict(results), sep="\n")
    keep(results)


def measure(tokens, options):
    accounts = ACCOUNTS.get(tokens, max(1, tokens // 100))
    with tempfile.TemporaryDirectory(prefix="tollgate-benchmark-") as scratch:
        database = (options.database or "").replace(SIZE, str(tokens))
        settings = product_settings(scratch, database)
        settings["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
        numbers = [f"--tokens={tokens}", f"--accounts={accounts}"]
        numbers.append(f"--rounds={options.rounds}")
        answer = subprocess.run(  # noqa: S603 -- our own program
            [sys.executable, "-m", "benchmarks.measure", *numbers],
            env=os.environ | settings,
            stdout=subprocess.PIPE,
            check=True,
        )
    return json.loads(answer.stdout)


def product_settings(scratch, database):
    """Return the variables of an installation in a folder of its own."""
    fresh = {name: FRESH[name]() for name in FRESH if not name.startswith("DEMO")}
    return fresh | {
        "ENV_FILE": os.devnull,
        "STATIC_ROOT": f"{scratch}/static",
        "DATABASE_URL": database or f"sqlite:///{scratch}/tokens.sqlite3",
        "LOGZIO_API_RATE": str(10**9),
        "DRAIN_SECONDS": "0",
    }


def machine():
    load, *_ = os.getloadavg()
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, load {load:.1f} when it ended"
    )


def table(results):
    header = "".join(f"{f'{tokens:,} tokens':>24}" for tokens in results)
    yield f"{'':34}{header}"
    for name in next(iter(results.values()))["times"]:
        cells = (cell(result["times"], name) for result in results.values())
        yield f"{name:34}{''.join(cells)}"
    seconds = (f"{result['load_seconds']:>21,.0f} s " for result in results.values())
    yield f"{'made in':33}{' '.join(seconds)}"


def cell(times, name):
    median, empty = times[name]["median"], times[EMPTY]["median"]
    return f"{median * 1000:>14.1f} ms {median / empty:>5.2f}x"


def verdict(results):
    """Yield how the goals are met, where the sizes were measured."""
    least, most = min(results), max(results)
    for name, goal in GOALS.items():
        ratio = _to_empty(results[most], name)
        yield f"{name} at {most:,}: {_met(ratio, goal)}x the empty page (goal: up to {goal}x)."
    # A tab that has room for all of the fewest tokens draws fewer rows there.
    for name in GROWING if least != most else ():
        then, now = (results[size]["times"][name]["median"] for size in (least, most))
        yield (
            f"{name} at {most:,}: {_met(now / then, 1.1)}x itself at {least:,} "
            "(goal: up to 1.1x)."
        )
    size = results[most]["bytes"][TAB]
    yield f"{TAB}: {_met(size / 1000, 60)} kB of HTML (goal: below 60)."


def _to_empty(result, name):
    times = result["times"]
    return times[name]["median"] / times[EMPTY]["median"]


def _met(measured, goal):
    return f"{measured:.2f}{'' if measured <= goal else ', MISSED,'}"


def keep(results):
    folder = FOLDER / "results"
    folder.mkdir(exist_ok=True)
    name = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ.json")
    (folder / name).write_text(json.dumps({"machine": machine(), "sizes": results}))
    print(f"Raw numbers: benchmarks/results/{name}")


if __name__ == "__main__":
    main()
