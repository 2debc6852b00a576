"""The report of an import, one JSON object a line: a next run goes on from it."""

import fcntl
import json
import os
from datetime import UTC, datetime
from pathlib import Path

DONE = ("new", "there")


class ReportError(Exception):
    """The report cannot be gone on with."""


def read(path, head):
    """Return the ids here by the keys of what was done, as a report has them."""
    rows = [_row(path, line) for line in _lines(path)]
    if rows and rows[0] != head:
        raise ReportError(f"{path} is the report of another import.")
    return {row["key"]: row["here"] for row in rows[1:] if row["outcome"] in DONE}


def _lines(path):
    text = Path(path).read_text(encoding="utf-8") if Path(path).exists() else ""
    # A line that a kill cut off told of nothing.
    return text.rpartition("\n")[0].splitlines()


def _row(path, line):
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        raise ReportError(f"{path} is not the report of an import.") from None


class Rehearsal:
    """Stands where a report would be, and writes nothing."""

    def __init__(self, path, head):
        self.done = read(path, head)

    def add(self, key, line, here=None):
        """Forget it."""

    def close(self):
        """Have nothing to close."""


class Report:
    """A report that is being written; `done` is what it told of before."""

    def __init__(self, path, head):
        # Nobody else's business, although no secret is in it.
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ReportError(f"Another import is writing {path}.") from None
        self.done = read(path, head)
        lines = _lines(path)
        os.truncate(path, sum(len(line.encode()) + 1 for line in lines))
        if not lines:
            self._write(head)

    def add(self, key, line, here=None):
        """Write down what became of something, and be sure that it is written."""
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        row = {"at": moment, "key": str(key), "outcome": line.outcome, "here": here}
        self._write(row | {"what": line.what, "why": line.why})

    def close(self):
        os.close(self.descriptor)

    def _write(self, row):
        os.write(self.descriptor, json.dumps(row).encode() + b"\n")
        os.fsync(self.descriptor)
