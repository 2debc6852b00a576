"""Install what a list of requirements names, and say meanwhile how far that is.

It needs nothing but pip: `make` runs it before anything else is there.
"""

import os
import re
import subprocess
import sys
from collections import deque
from pathlib import Path

PIP = (
    *(sys.executable, "-m", "pip", "install", "--disable-pip-version-check"),
    *("--no-input", "--progress-bar=off", "--no-deps", "--require-hashes"),
)
OPTIONS = {"PIP_ROOT_USER_ACTION": "ignore", "PYTHONUNBUFFERED": "1"}
PINNED = re.compile(r"^[\w.-]+(?:\[[\w,-]+\])?==", re.MULTILINE)
# What pip says of each before it unpacks them all.
SEEN = re.compile(r"(?:Collecting|Ignoring|Requirement already satisfied:) ([\w.-]+)")
UNPACKING = "Installing collected packages"
# Where lines cannot be written over, each of them stays.
STEP = 10
# What a failure is explained by.
LAST = 20
OVER_THE_LAST = "\r\033[K"


def main(requirements):
    """Return pip's exit code; what it said last is told when it failed."""
    total = len(PINNED.findall(Path(requirements).read_text(encoding="utf-8")))
    said = deque(maxlen=LAST)
    with subprocess.Popen(  # noqa: S603 -- pip, and a file of ours
        [*PIP, "--requirement", requirements],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | OPTIONS,
    ) as pip:
        say(progress(kept(pip.stdout, said), total), sys.stdout)
    if pip.returncode:
        sys.stderr.writelines(said)
    return pip.returncode


def kept(lines, said):
    """Yield pip's lines, and keep the last ones; warnings are of no use to a newcomer."""
    for line in lines:
        if not line.startswith("WARNING"):
            said.append(line)
            yield line


def progress(lines, total):
    """Yield how many are looked at, and what is said of that."""
    done = 0
    for line in lines:
        if seen := SEEN.match(line):
            done += 1
            yield done, f"{done} of {total}: {seen[1]}"
        elif line.startswith(UNPACKING):
            yield 0, f"Unpacking {total} packages…"


def say(steps, stream):
    """Write each step over the last one; in a file only some of them, each on its line."""
    is_seen = stream.isatty()
    before, after = (OVER_THE_LAST, "") if is_seen else ("", "\n")
    for number, words in steps:
        if is_seen or number % STEP == 0:
            stream.write(f"{before}  {words}{after}")
            stream.flush()
    if is_seen:
        stream.write(OVER_THE_LAST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
