"""Uses that proxies counted themselves, and hand over in batches.

A batch is counted once, however often it comes, and its sums are exact. What was taken is
in memory for a moment, as uses are that the gate counts itself; when more is used than
can be written, it stays there a little longer, added up.
"""

import logging
import re
import threading
from collections import Counter, defaultdict
from itertools import islice

from django.db import InterfaceError, OperationalError

from accounts.audit.trail import read_agent
from accounts.clock import clock
from accounts.rule_violations import Unavailable
from accounts.web.addresses import read_address
from accounts.web.logs import Seldom
from gateway.models import UseSender
from gateway.verify.handles import read_handle
from tokens.usage_counters import HOUR, write_past_uses, write_refusals

MOST_ROWS = 10_000
MOST_BYTES = 1_048_576
MOST_CALLS = 2**32 - 1
LONGEST_AGO = 30 * 24 * 3600
# Rows that are written at once, which takes a fraction of a second, and in memory.
WRITTEN_AT_ONCE = 2_500
MOST_WAITING = 200_000
BATCH = re.compile(r"([0-9a-f]{32}) ([1-9][0-9]{0,15})")

logger = logging.getLogger(__name__)


class BatchError(Exception):
    """A batch that will never be taken: a status and a sentence."""


class Backlog:
    """Sums of calls by key, from the oldest on, until `write` has taken them.

    It takes (group, {key: calls}): what is written together has the same group.
    """

    def __init__(self, write):
        self._write = write
        self._complaints = Seldom(logger)
        self._waiting = {}
        self._lock = threading.Lock()

    def __len__(self):
        return len(self._waiting)

    def add(self, counts):
        """Add {(group, key): calls}."""
        waiting = self._waiting
        with self._lock:
            for key, calls in counts.items():
                waiting[key] = waiting.get(key, 0) + calls

    def flush(self, *, at_once=False):
        """Write the oldest sums, or all; without a database they are kept for later."""
        while some := self._take():
            if not self._written(*some) or not at_once:
                return

    def _take(self):
        """Return the oldest group and some of its sums, which are no longer here."""
        with self._lock:
            oldest = list(islice(self._waiting, WRITTEN_AT_ONCE))
            taken = {
                key: self._waiting[key] for key in oldest if key[0] == oldest[0][0]
            }
            for key in taken:
                del self._waiting[key]
        counts = Counter({key: calls for (_, key), calls in taken.items()})
        return (oldest[0][0], counts) if oldest else None

    def _written(self, group, counts):
        try:
            self._write(group, counts)
        except (OperationalError, InterfaceError, Unavailable) as error:
            self._complaints.warn(
                "%d counts of proxies are kept: %s", len(counts), error
            )
            self.add({(group, key): calls for key, calls in counts.items()})
            return False
        return True


uses = Backlog(write_past_uses)
refusals = Backlog(lambda _, counts: write_refusals(counts))


def flush(*, at_once=False):
    uses.flush(at_once=at_once)
    refusals.flush(at_once=at_once)


def take(environ, ask):
    """Count a batch that a proxy sends; returns whether it is a new one.

    `ask` runs a question to the database. Raises BatchError when the form is wrong, a
    database's error, and OperationalError when too much waits already.
    """
    sender, sequence = _named(environ.get("HTTP_X_TOLLGATE_BATCH", ""))
    rows = read_rows(_body(environ))
    if len(uses) + len(refusals) > MOST_WAITING:
        raise OperationalError("too many counts wait to be written")
    return ask(_count, sender, sequence, rows)


def _named(text):
    found = BATCH.fullmatch(text)
    if not found:
        raise BatchError(
            "400 Bad Request", "X-Tollgate-Batch names sender and sequence"
        )
    return found[1], int(found[2])


def _body(environ):
    length = environ.get("CONTENT_LENGTH", "")
    if not (length.isascii() and length.isdigit()):
        raise BatchError("400 Bad Request", "A batch comes with its length")
    if int(length) > MOST_BYTES:
        raise BatchError("413 Content Too Large", "A batch takes at most 1 MiB")
    return environ["wsgi.input"].read(int(length))


def read_rows(body):
    """Return {(seconds ago, address, agent): [(handle, calls), ...]} of a batch.

    A row has handle, calls, age, address and agent; of the three, rows after a line with
    "@" have those that are in it.
    """
    lines = body.decode("latin-1").split("\n")
    number = len(lines) - 2
    if number > MOST_ROWS or lines[number:] != [f"end {number}", ""]:
        raise BatchError(
            "400 Bad Request", "A batch has at most 10,000 lines and an end"
        )
    try:
        return _by_caller(lines[:number])
    except ValueError:
        message = "A row has handle, calls, age, address and agent"
        raise BatchError("400 Bad Request", message) from None


def _by_caller(lines):
    found, rows = defaultdict(list), None
    for line in lines:
        handle, *calls = line.split("\t")
        if handle.startswith("@"):
            rows = found[_caller(handle[1:], *calls)]
        elif len(calls) == 1 and rows is not None:
            rows.append((handle, _number(calls[0], MOST_CALLS)))
        else:
            times, *caller = calls
            found[_caller(*caller)].append((handle, _number(times, MOST_CALLS)))
    return found


def _caller(*fields):
    ago, address, agent = fields
    return _number(ago, LONGEST_AGO), address, agent


def _number(text, most):
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= most:
        raise ValueError(text)
    return number


def _count(_database, sender, sequence, rows):
    # Sooner it would be counted again when this fails, and later not at all when the
    # one who asks for it does not wait for the end.
    is_new = UseSender.objects.takes(sender, sequence)
    if is_new:
        _add(rows)
    return is_new


def _add(rows):
    now = int(clock.now().timestamp())
    passed, refused = {}, {}
    for (ago, address, agent), counted in rows.items():
        caller = (address and read_address(address)) or "", read_agent(agent)
        hour = (now - ago) // HOUR
        for handle, calls in counted:
            counted_as, refused_as = read_handle(handle)
            if refused_as:
                key = 0, (*counted_as, *refused_as, *caller)
                refused[key] = refused.get(key, 0) + calls
            elif counted_as:
                key = hour, counted_as + caller
                passed[key] = passed.get(key, 0) + calls
    uses.add(passed)
    refusals.add(refused)
