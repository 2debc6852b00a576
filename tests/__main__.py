"""Run every test on both databases, then ask for the coverage: `make test` ends here.

The last line counts the tests of both runs together.
"""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

RESULTS = Path(".pytest_cache/results")
# One process more than cores: many a test waits for a server or a browser.
PROCESSES = 1 + (os.cpu_count() or 1)
# Hundreds of programs are started, each of which would compile everything anew.
KEEP_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}


@dataclass(frozen=True, slots=True)
class Run:
    """Some of the tests on one database.

    To measure what they cover takes them 1.6 times as long.
    """

    name: str
    markers: str
    database: str = "sqlite"
    measured: bool = False
    processes: int = PROCESSES


# Walks ask everything of everybody: they find what is wrong, while other tests say what
# is right, line by line. The browser sees the same pages on either database.
RUNS = (
    Run("sqlite", "not postgresql and not browser and not walk", measured=True),
    Run("walks", "(browser or walk) and not postgresql"),
    # These fill the cores themselves, or see how soon something holds on busy ones.
    Run("only postgresql", "postgresql", "postgresql", measured=True, processes=2),
    Run("postgresql", "not postgresql and not browser and not sqlite", "postgresql"),
)


def main():
    coverage("erase")
    codes = [run(each) for each in RUNS]
    coverage("combine", "--quiet")
    codes.append(coverage("report"))
    counts = sum((count(each.name) for each in RUNS), Counter())
    print("{passed} passed, {failed} failed, {skipped} skipped".format_map(counts))
    return max(codes)


def run(some):
    """Run the tests that markers choose, in several processes."""
    print(f"\nTests: {some.name}", flush=True)
    results = result_file(some.name)
    results.unlink(missing_ok=True)
    options = [
        *("--quiet", "-n", str(some.processes)),
        *("-m", some.markers, f"--junit-xml={results}", *sys.argv[1:]),
    ]
    program = coverage if some.measured else python
    through = ("run", "--parallel-mode") if some.measured else ()
    return program(*through, "-m", "pytest", *options, TEST_DATABASE=some.database)


def coverage(*arguments, **environment):
    return python("-m", "coverage", *arguments, **environment)


def python(*arguments, **environment):
    command = [sys.executable, *arguments]
    environment = os.environ | KEEP_COMPILED | environment
    return subprocess.run(command, env=environment, check=False).returncode


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
