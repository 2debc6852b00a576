"""Uses of tokens, counted in memory and written in batches: no answer waits for them."""

import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import batched, count, islice

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from accounts import hooks
from accounts.audit.trail import client_agent
from accounts.clock import clock
from accounts.metrics import refused_calls
from accounts.rule_violations import Unavailable
from accounts.web.addresses import client_address
from accounts.web.logs import Seldom
from tokens.models import StoredSecret, Token, TokenUsage
from tokens.models.bare_rows import moment, rows_of
from tokens.models.secrets import born
from tokens.remote_write.sending import by_counted, remote_writer

MAX_KEYS = 20_000
SECRETS_AT_ONCE = 500
HOUR = 3600

logger = logging.getLogger(__name__)


class Tally:
    """Counts by key, from many threads at once, in bounded memory.

    A key ends in the caller's address and agent. When there are too many keys, those
    that come new are counted without the two, and then not at all.
    """

    def __init__(self, max_keys=MAX_KEYS):
        self.max_keys = max_keys
        self._counters = {}
        self._fading = {}
        self._uncounted = count()

    def note(self, *key):
        self.count(key)

    def count(self, key):
        counter = self._counters.get(key)
        if counter is None:
            counter = self._counter_for(key)
        # One step in C, which no other thread comes into.
        next(counter)

    def _counter_for(self, key):
        counters = self._counters
        if len(counters) >= self.max_keys:
            key = (*key[:-2], "", "")
        if len(counters) >= 2 * self.max_keys and key not in counters:
            return self._uncounted
        return counters.setdefault(key, count())

    @property
    def size(self):
        """How many keys are counted by and not drained yet."""
        return len(self._counters) + len(self._fading)

    def drain(self, *, at_once=False):
        """Return {key: how often} and begin anew.

        A thread may hold a counter for a moment longer, so what is drained was set
        aside the time before; `at_once` is for the end of a process.
        """
        fading, self._fading, self._counters = self._fading, self._counters, {}
        drained = Counter({key: next(counter) for key, counter in fading.items()})
        if at_once:
            drained.update(self.drain())
        return drained


class Recorder:
    """Counts calls, and hands {key: how often} to `write` when told to."""

    def __init__(self, write):
        self._tally = Tally()
        self._unwritten = Counter()
        self._write = write
        self._complaints = Seldom(logger)
        self.note, self.count = self._tally.note, self._tally.count

    @property
    def unwritten(self):
        """How many counts are in memory only."""
        return self._tally.size + len(self._unwritten)

    def flush(self, *, at_once=True):
        """Write what was counted; it is kept for the next time without a database.

        What the database refuses for good raises, and is not tried again.
        """
        calls = self._unwritten + self._tally.drain(at_once=at_once)
        self._unwritten = Counter()
        if not calls:
            return
        try:
            self._write(calls)
        except (OperationalError, InterfaceError, Unavailable) as error:
            self._complaints.warn(
                "%d counts of calls are kept for later: %s", len(calls), error
            )
            self._unwritten = Counter(dict(islice(calls.items(), MAX_KEYS)))
            close_old_connections()


def write_uses(calls):
    """Write uses that were counted by (token id, secret's id and birth, address, agent)."""
    write_past_uses(clock.now().timestamp() // HOUR, calls)


def write_past_uses(hour, calls):
    """Write uses of an hour, counted from 1970 on, by the same keys."""
    began = datetime.fromtimestamp(hour * HOUR, UTC)
    calls, last = known_again(calls), min(clock.now(), began + timedelta(hours=1))
    to_send = by_counted(calls)
    # First what may be repeated when the second fails.
    Token.objects.note_uses({key[0]: (last, *key[2:]) for key in calls})
    TokenUsage.objects.add_calls(kept_apart(calls), began)
    remote_writer.totals.add(to_send)


def kept_apart(calls):
    """Return calls by what the database tells apart: with COUNT_CALLERS off, no callers."""
    if settings.COUNT_CALLERS:
        return calls
    together = Counter()
    for (*key, _, _), times in calls.items():
        together[*key, "", ""] += times
    return together


def write_refusals(calls):
    """Hand on uses of tokens that do not work, without the births of their secrets."""
    calls = known_again(calls)
    for write in hooks.refused_call_writers:
        write(calls)
    for (_, _, reason, signal, *_), times in calls.items():
        refused_calls.add(reason, signal, times=times)


def known_again(calls):
    """Return counts without births, and without those of secrets that are gone.

    A database that went back in time gives ids out again, while counts wait here.
    """
    there = {}
    for ids in batched(sorted({key[1] for key in calls}), SECRETS_AT_ONCE):
        for pk, created_at in rows_of(StoredSecret, "created_at", ids):
            there[pk] = born(moment(created_at))
    return Counter(
        {
            (token, secret, *rest): times
            for (token, secret, born, *rest), times in calls.items()
            if there.get(secret) == born
        }
    )


recorder = Recorder(write_uses)
refusals = Recorder(write_refusals)


def note_use(request, token):
    """Count a call with a token that was verified."""
    caller = client_address(request) or "", client_agent(request)
    recorder.note(token.pk, *token.opened_by, *caller)


def note_refusal(request, row, reason, signal):
    """Count a call with a StoredSecret that does not work."""
    caller = client_address(request) or "", client_agent(request)
    refusals.note(row.token_id, row.pk, row.born, reason, signal, *caller)
