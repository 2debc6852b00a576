"""Run every test on both databases, then ask for the coverage: `make test` ends here.

The last line counts the tests of both runs together.
"""

import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

RESULTS = Path(".pytest_cache/results")
PROCESSES = os.cpu_count() or 1
HALF = (PROCESSES + 1) // 2
# Hundreds of programs are started, each of which would compile everything anew.
KEEP_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}


@dataclass(frozen=True, slots=True)
class Run:
    """Some of the tests on one database.

    To measure what they cover takes programs that they start half as long again.
    """

    name: str
    markers: str
    database: str = "sqlite"
    measured: bool = False
    processes: int = PROCESSES


# Walks ask everything of everybody: they find what is wrong, while other tests say what
# is right, line by line. The browser sees the same pages on either database.
RUNS = (
    Run("walks", "(browser or walk) and not postgresql"),
    Run("sqlite", "not postgresql and not browser and not walk", measured=True),
    # These wait for servers and locks more than they compute.
    Run("only postgresql", "postgresql", "postgresql", measured=True, processes=HALF),
    Run("postgresql", "not postgresql and not browser and not sqlite", "postgresql"),
)
# More of them than cores: while one waits for a browser or a server, others compute.
AT_ONCE = 3


def main():
    python("-m", "coverage", "erase")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = {each: pool.submit(run, each) for each in RUNS}
        codes = [running[each].result() for each in RUNS if each.measured]
        # While the last of the others are under way.
        report = covered()
        codes += [each.result() for each in running.values()]
    print(report.stdout)
    codes.append(report.returncode)
    counts = sum((count(each.name) for each in RUNS), Counter())
    print("{passed} passed, {failed} failed, {skipped} skipped".format_map(counts))
    return max(codes)


def covered():
    """Return what coverage says of the runs that are measured, and its exit code."""
    python("-m", "coverage", "combine", "--quiet")
    return python("-m", "coverage", "report", stdout=subprocess.PIPE)


def run(some):
    """Run the tests that markers choose, and show what they said when they have ended."""
    print(f"Tests begin: {some.name}", flush=True)
    results = result_file(some.name)
    results.unlink(missing_ok=True)
    measured = {"TEST_COVERAGE": "yes"} if some.measured else {}
    ended = python(
        *("-m", "pytest", "--quiet", "-n", str(some.processes), "-m", some.markers),
        *(f"--junit-xml={results}", *sys.argv[1:]),
        stdout=subprocess.PIPE,
        TEST_DATABASE=some.database,
        **measured,
    )
    print(f"\nTests: {some.name}\n{ended.stdout}", flush=True)
    return ended.returncode


def python(*arguments, stdout=None, **environment):
    command = [sys.executable, *arguments]
    environment = os.environ | KEEP_COMPILED | environment
    return subprocess.run(
        command, stdout=stdout, text=True, env=environment, check=False
    )


def result_file(name):
    return RESULTS / f"{name}.xml"


def count(name):
    """Read what pytest counted; a run that died counts as one failure."""
    try:
        suite = ElementTree.parse(result_file(name)).find("testsuite")  # noqa: S314 -- written by pytest a moment ago
    except FileNotFoundError:
        return Counter(passed=0, failed=1, skipped=0)
    tests, failures, errors, skipped = (
        int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    return Counter(passed=tests - failed - skipped, failed=failed, skipped=skipped)


if __name__ == "__main__":
    sys.exit(main())
