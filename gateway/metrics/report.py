"""Numbers of one process, once a second, in a file of its own.

The file of a process that ended stays: what was counted in it happened. A lock that
ends with the process tells the living from the dead, however it died.
"""

import fcntl
import json
import os
import resource
import threading
import time
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import connection

from accounts import metrics
from accounts.clock import clock
from accounts.models import Action
from tokens.remote_write.sending import remote_writer
from tokens.usage_counters import recorder, refusals

PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")
COUNTS = {
    "tollgate_audit_events": metrics.events,
    "tollgate_refused_calls": metrics.refused_calls,
    "tollgate_http_requests": metrics.requests,
    "tollgate_remote_write_requests": metrics.remote_writes,
}
# What is told of some events besides.
OF_EVENTS = {
    Action.LOGIN: ("tollgate_logins", "success"),
    Action.LOGIN_FAILED: ("tollgate_logins", "failure"),
    Action.TOKEN_REVEALED: ("tollgate_reveals", "token"),
    Action.WEBHOOK_REVEALED: ("tollgate_reveals", "webhook"),
}


def reporter_of(listener, gate, measured):
    """Return a Reporter for this process, or None where nobody asks."""
    folder = os.environ.get(metrics.FOLDER)
    return MetricsReporter(folder, listener, gate, measured) if folder else None


class MetricsReporter:
    """Writes down what this process counts, beside the reports of the others."""

    def __init__(self, folder, listener, gate, measured):
        self._path = Path(folder, f"{uuid4().hex}.json")
        # Held as long as the process lives.
        self._lock = self._path.with_suffix(".lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._alone = threading.Lock()
        self._listener, self._gate, self._times = listener, gate, measured.times

    def write(self):
        fresh = self._path.with_suffix(".new")
        with self._alone:
            fresh.write_text(json.dumps(self.tell()))
            fresh.replace(self._path)

    def close(self):
        """Count as ended."""
        self._lock.close()

    def tell(self):
        return {
            "counters": [*self._counters()],
            "histograms": [*self._histograms()],
            "gauges": [*self._gauges()],
            "told_at": time.monotonic(),
            "seen_at": self._gate.watcher.snapshot.seen_at,
            "listener": self._listener,
        }

    def _counters(self):
        for found, counter in self._gate.looked_up.items():
            yield "tollgate_question_lookups", (found,), counter.look()
        for name, counts in COUNTS.items():
            for labels, times in counts.look().items():
                yield name, labels, times
        for (action,), times in metrics.events.look().items():
            if action in OF_EVENTS:
                name, label = OF_EVENTS[action]
                yield name, (label,), times
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = used.ru_utime + used.ru_stime
        yield "tollgate_process_cpu_seconds", (self._listener,), seconds

    def _histograms(self):
        for labels, cell in list(self._times.cells.items()):
            yield "tollgate_question_duration_seconds", labels, *cell.look()
        for labels, cell in list(metrics.request_times.cells.items()):
            yield "tollgate_http_request_duration_seconds", labels, *cell.look()

    def _gauges(self):
        here = (self._listener,)
        yield "tollgate_processes", here, 1
        yield "tollgate_process_resident_memory_bytes", here, resident_memory()
        yield "tollgate_clock_offset_seconds", here, clock.skew
        known, unknown = self._gate.memory.sizes()
        yield "tollgate_memory_entries", ("yes",), known
        yield "tollgate_memory_entries", ("no",), unknown
        yield "tollgate_counts_unwritten", ("uses",), recorder.unwritten
        yield "tollgate_counts_unwritten", ("refused_calls",), refusals.unwritten
        if settings.REMOTE_WRITE_URL:
            unsent = remote_writer.totals.unsent
            yield "tollgate_remote_write_unsent_calls", (), unsent
        yield from pool_gauges(getattr(connection, "pool", None))


def pool_gauges(pool):
    """Yield how a pool of connections is used; SQLite has none."""
    if pool is None:
        return
    stats = pool.get_stats()
    idle = stats["pool_available"]
    name = "tollgate_database_pool_connections"
    yield name, ("used",), stats["pool_size"] - idle
    yield name, ("idle",), idle
    yield "tollgate_database_pool_waiting", (), stats["requests_waiting"]


def resident_memory():
    """Return this process's memory in bytes; 0 where /proc does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_SIZE
    except OSError:
        return 0


def reports(folder):
    """Yield each report, and whether its process still runs."""
    for path in sorted(Path(folder).glob("*.json")):
        yield json.loads(path.read_text()), is_running(path.with_suffix(".lock"))


def is_running(lock):
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
