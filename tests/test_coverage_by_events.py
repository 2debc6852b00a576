"""Branches measured by events are those that coverage's own tracer sees."""

import json
import os
import subprocess
import sys

from tests.installation import PROJECT

PROGRAM = """
import contextlib

class Empty: ...

def either(some):
    if some:
        return 1
    return 2

def one_line(some): return 3 if some else 4

def in_turn(numbers):
    for number in numbers:
        if number == 2:
            continue
        if number == 3:
            break
    else:
        return "all"
    while numbers:
        numbers = numbers[1:]
        if not numbers or (
            numbers[0] == 9
            and len(numbers) == 4
        ):
            yield numbers

def guarded(text):
    with contextlib.suppress(KeyError):
        try:
            number = int(text)
        except ValueError:
            return None
        finally:
            text = ""
        if number > 3:
            raise KeyError
        return number

def matched(some):
    match some:
        case 1:
            return "one"
        case [first, *_] if first:
            return first
        case _:
            pass
    return [each for each in "ab" if each == some] or None

def never(some):
    if some:
        return never(some)
    assert some is None
    return {key: key for key in some}

for _ in range(3):
    either(0); one_line(1); list(in_turn([1, 2, 3])); list(in_turn([1]))
    guarded("x"); guarded("4"); matched(1); matched([5])
either(0)
"""


def missing(folder, *settings):
    """Return what a core of coverage says that PROGRAM leaves out."""
    (folder / "program.py").write_text(PROGRAM)
    (folder / "rc.toml").write_text(
        "\n".join(["[tool.coverage.run]", "branch = true", *settings])
    )
    coverage(folder, "run", "program.py")
    report = coverage(folder, "json", "-o", "-", "--quiet")
    [found] = json.loads(report)["files"].values()
    return found["missing_lines"], found["missing_branches"]


def coverage(folder, command, *arguments):
    others = {k: text for k, text in os.environ.items() if "COVERAGE" not in k}
    return subprocess.run(
        [sys.executable, "-m", "coverage", command, "--rcfile=rc.toml", *arguments],
        cwd=folder,
        env=others | {"PYTHONPATH": str(PROJECT)},
        check=True,
        stdout=subprocess.PIPE,
    ).stdout


def test_branches_are_those_of_the_tracer(tmp_path):
    lines, branches = missing(tmp_path, 'core = "ctrace"')

    assert branches
    assert missing(
        tmp_path, 'core = "sysmon"', 'plugins = ["tests.coverage_by_events"]'
    ) == (lines, branches)
