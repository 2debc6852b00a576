"""Measure the memory of an idle server: `python -m benchmarks.memory` prints it.

Shared pages are counted once, each process having its part of them (PSS, from
/proc/*/smaps_rollup of Linux).
"""

import argparse
import os
import re
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.__main__ import machine, product_settings
from benchmarks.calls import PORTAL, program, serving

# MB before the gate went without ninja: two workers
# of 8 threads, on Linux x86_64 with Python 3.13 and SQLite.
BEFORE, MOST = 288, 0.7
KB = re.compile(r"^(Pss|Rss|Private_Dirty): +([0-9]+) kB", re.MULTILINE)


def main():
    parser = argparse.ArgumentParser(prog="benchmarks.memory", description=__doc__)
    parser.add_argument("--database", help="URL of an empty PostgreSQL database")
    parser.add_argument("--tokens", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60, help="idle before")
    parser.add_argument("--before", type=float, default=BEFORE, help="MB to compare")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tollgate-benchmark-") as scratch:
        environment = os.environ | product_settings(scratch, options.database)
        environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
        program("benchmarks.filling", environment, str(options.tokens))
        with serving(environment) as servers:
            time.sleep(options.seconds)
            processes = measured(servers[PORTAL].pid)
    print(machine(), *table(processes, options.before), sep="\n")


def measured(pid):
    """Return (id, parent, threads, {what: MB}) of a process and each that it started."""
    process = psutil.Process(pid)
    tree = [process, *process.children(recursive=True)]
    return [(each.pid, each.ppid(), each.num_threads(), of(each.pid)) for each in tree]


def of(pid):
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return {name: int(kilobytes) / 1024 for name, kilobytes in KB.findall(text)}


def table(processes, before):
    yield f"{'process':>10}{'of':>10}{'threads':>9}{'RSS MB':>9}{'PSS MB':>9}{'own MB':>9}"
    for pid, parent, threads, size in processes:
        yield (
            f"{pid:>10}{parent:>10}{threads:>9}{size['Rss']:>9.1f}"
            f"{size['Pss']:>9.1f}{size['Private_Dirty']:>9.1f}"
        )
    total = sum(size["Pss"] for *_, size in processes)
    share = total / before
    yield (
        f"An idle server takes {total:.0f} MB, {share:.2f} of {before:.0f} (goal: at most "
        f"{MOST}): {'met' if share <= MOST else 'NOT MET'}."
    )


if __name__ == "__main__":
    main()
