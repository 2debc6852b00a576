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
# The browser sees the same pages on either database. Walks ask everything of everybody:
# they find what is wrong, while other tests say what is right, line by line.
RUNS = {
    "sqlite": "not postgresql and not browser and not walk",
    "walks": "(browser or walk) and not postgresql",
    "postgresql": "not browser and not sqlite",
}
UNMEASURED = {"walks"}


def main():
    coverage("erase")
    codes = [run(name, markers) for name, markers in RUNS.items()]
    coverage("combine", "--quiet")
    codes.append(coverage("report"))
    counts = sum((count(name) for name in RUNS), Counter())
    print("{passed} passed, {failed} failed, {skipped} skipped".format_map(counts))
    return max(codes)


def run(name, markers):
    """Run the tests that markers choose, on every core."""
    print(f"\nTests: {name}", flush=True)
    results = result_file(name)
    results.unlink(missing_ok=True)
    options = [
        *("--quiet", "-n", "logical", "--dist", "loadgroup"),
        *("-m", markers, f"--junit-xml={results}", *sys.argv[1:]),
    ]
    database = name if name == "postgresql" else "sqlite"
    if name in UNMEASURED:
        return python("-m", "pytest", *options, TEST_DATABASE=database)
    measured = ("run", "--parallel-mode", "-m", "pytest", *options)
    return coverage(*measured, TEST_DATABASE=database)


def coverage(*arguments, **environment):
    return python("-m", "coverage", *arguments, **environment)


def python(*arguments, **environment):
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=os.environ | environment, check=False).returncode


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
