"""Run every test on both databases, then ask for the coverage: `make test` ends here.

The last line counts the tests of both runs together.
"""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

RESULTS = Path(".pytest_cache/results")
RUNS = {
    "sqlite": "not postgresql",
    # The browser sees the same pages on either database.
    "postgresql": "not browser and not sqlite",
}


def main():
    coverage("erase")
    codes = [run(database, markers) for database, markers in RUNS.items()]
    coverage("combine", "--quiet")
    codes.append(coverage("report"))
    counts = sum((count(database) for database in RUNS), Counter())
    print("{passed} passed, {failed} failed, {skipped} skipped".format_map(counts))
    return max(codes)


def run(database, markers):
    """Run the tests that fit a database, on every core, measured."""
    print(f"\nTests on {database}", flush=True)
    results = result_file(database)
    results.unlink(missing_ok=True)
    command = [
        *("run", "--parallel-mode", "-m", "pytest", "--quiet"),
        *("-n", "logical", "--dist", "loadgroup"),
        *("-m", markers, f"--junit-xml={results}", *sys.argv[1:]),
    ]
    return coverage(*command, TEST_DATABASE=database)


def coverage(*arguments, **environment):
    command = [sys.executable, "-m", "coverage", *arguments]
    return subprocess.run(command, env=os.environ | environment, check=False).returncode


def result_file(database):
    return RESULTS / f"{database}.xml"


def count(database):
    """Read what pytest counted; a run that died counts as one failure."""
    try:
        suite = ElementTree.parse(result_file(database)).find("testsuite")  # noqa: S314 -- written by pytest a moment ago
    except FileNotFoundError:
        return Counter(passed=0, failed=1, skipped=0)
    tests, failures, errors, skipped = (
        int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    return Counter(passed=tests - failed - skipped, failed=failed, skipped=skipped)


if __name__ == "__main__":
    sys.exit(main())
