"""What it costs to count for Prometheus: the same questions with metrics and without.

`benchmarks.calls --metrics` starts it. Two servers differ by more than metrics cost, in how
their memory happens to lie, and so does one server from second to second when the machine
is busy. So both ways are called in one process, in short turns, by the CPU time that it
takes; what turns of the same way differ by shows how precise that is.
"""

import gc
import json
import random
import sys
import tempfile
import time
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from io import BytesIO
from itertools import cycle, islice
from math import inf
from os import environ as variables
from statistics import median
from unittest import mock
from wsgiref.util import setup_testing_defaults

import django

from benchmarks.call_goals import TELLING
from benchmarks.calls import DEFAULT, GATE, PORTAL, cases

# In seconds.
REPORTS_EVERY, SCRAPES_EVERY = 1, 15
# Calls in a turn, and turns of each way.
AT_GATE, AT_PORTAL = (200, 400), (2, 400)
REPORTS = 50
# Of what works, and of what is no token.
ANSWERS = "200", "201", "204", "401"


def main():
    """Print {name: [microseconds more, and by how much turns of one way differ]}.

    TELLING stands for the part of a core that reports and scrapes take. What
    `benchmarks.filling` made is read from standard input.
    """
    made = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        django.setup()
        ways = Ways(folder)
        found = {
            name: ways.compare(server, path, **told)
            for name, server, path, told in cases(made)
            if server in (GATE, DEFAULT, PORTAL)
        }
        found[TELLING] = ways.telling(), 0
    json.dump(found, sys.stdout)


class Ways:
    """A gate and a portal, each with counting and without."""

    def __init__(self, folder):
        # Models can be imported only now.
        from accounts.metrics import FOLDER  # noqa: PLC0415
        from config.gateway import Apart, Gate, reporter_of  # noqa: PLC0415
        from config.wsgi import portal  # noqa: PLC0415

        self.gate, self._portal = Gate(), portal
        self._without = Apart(self.gate, "gateway")
        variables[FOLDER] = folder
        self._with = Apart(self.gate, "gateway")
        # No threads: whatever they do would fall upon either way.
        self._without._has_begun = self._with._has_begun = True
        self._reporter = reporter_of("gateway", self.gate, self._with._measured)
        watcher = self.gate.watcher
        while watcher.snapshot.listed is None:
            watcher.poll()
        gc.collect()
        gc.freeze()
        gc.disable()
        # Nothing changes; on a busy machine a look would often come too late.
        watcher.snapshot = replace(watcher.snapshot, seen_at=inf)

    def compare(self, server, path, **told):
        """Return how many microseconds more a call takes with metrics, and the precision."""
        if server == PORTAL:
            calls, turns = AT_PORTAL
            ways = (self._portal, uncounted), (self._portal, nullcontext)
        else:
            calls, turns = AT_GATE
            ways = (self._without, nullcontext), (self._with, nullcontext)
        # Each way twice: what the two of one way differ by is no cost of metrics.
        ways, asked = 2 * ways, requests(path, **told)
        taken = [[] for _ in ways]
        for _ in range(turns):
            for which in random.sample(range(len(ways)), len(ways)):
                taken[which].append(self._turn(*ways[which], asked, calls))
        return apart(taken)

    def _turn(self, application, context, asked, calls):
        with context():
            ask(application, asked, 1, answered=nothing)
            # Neither way is to clean up after the other.
            gc.collect()
            return cpu_of(ask, application, asked, calls) / calls * 1e6

    def telling(self):
        """Return the part of a core that goes into reports, and into what Prometheus asks."""
        from config.metrics import application  # noqa: PLC0415 -- reads the folder

        asked = requests("/metrics")
        report = median(cpu_of(self._reporter.write) for _ in range(REPORTS))
        scrape = median(cpu_of(ask, application, asked, 1) for _ in range(REPORTS))
        # The portal reports as well.
        return 2 * report / REPORTS_EVERY + scrape / SCRAPES_EVERY


@contextmanager
def uncounted():
    """Keep the portal from counting, which it does whether somebody asks or not."""
    from accounts.audit import trail  # noqa: PLC0415 -- like the others
    from accounts.web import request_log  # noqa: PLC0415

    with (
        mock.patch.object(request_log, "requests", Uncounted),
        mock.patch.object(request_log, "request_times", Uncounted),
        mock.patch.object(trail, "events", Uncounted),
    ):
        yield


class Uncounted:
    @staticmethod
    def add(*_, **__):
        pass

    note = add


def requests(path, headers=(), method="GET", header=None, lines=("",), **_):
    """Yield the environment of one request after another, without end."""
    environ = {"PATH_INFO": path, "REQUEST_METHOD": method, "REMOTE_ADDR": "127.0.0.1"}
    environ |= {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in dict(headers).items()
    }
    environ["HTTP_HOST"] = "127.0.0.1"
    setup_testing_defaults(environ)
    for line in cycle(lines):
        yield environ | sent(header, line)


def sent(header, line):
    if header:
        return {f"HTTP_{header.upper().replace('-', '_')}": line}
    body = line.encode()
    return {
        "wsgi.input": BytesIO(body),
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
    }


def note(status, _headers):
    if status[:3] not in ANSWERS:
        raise RuntimeError(f"answered with {status}")


def nothing(*_):
    pass


def ask(application, asked, calls, answered=note):
    for environ in islice(asked, calls):
        answer = application(environ, answered)
        for _ in answer:
            pass
        if hasattr(answer, "close"):
            answer.close()


def cpu_of(task, *arguments):
    begun = time.process_time()
    task(*arguments)
    return time.process_time() - begun


def apart(taken):
    """Return (the second way's median less the first's, what those of one way differ by)."""
    without, with_, without_again, with_again = taken
    more = differ(without, with_) + differ(without_again, with_again)
    precision = max(abs(differ(without, without_again)), abs(differ(with_, with_again)))
    return more / 2, precision


def differ(one, other):
    return median(after - before for before, after in zip(one, other, strict=True))


if __name__ == "__main__":
    main()
