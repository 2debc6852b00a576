"""The gate: from a proxy's question to the answer, past everything that takes time.

It stands in front of Django in the same process and is a WSGI application (PEP 3333).
"""

import logging
import time
from functools import lru_cache
from math import inf

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from accounts.metrics import Counter
from accounts.web.addresses import read_address
from gateway.verify import handed_over
from gateway.verify.cache import Memory, key_of
from gateway.verify.conditions import caller, judged
from gateway.verify.credentials import BY_TICKET, BY_TOKEN
from gateway.verify.decisions import (
    AWAY,
    INVALID_AT,
    MISSING_AT,
    NOT_KNOWN,
    NOT_NOW,
    NOT_SHOWN,
    PASS,
    STOPPED,
    Decision,
    decide,
    said,
)
from gateway.verify.invalidation import FRESH_SECONDS, Watcher
from gateway.verify.lookups import LOOKUP_SECONDS, InCallingThread, InThreadPool
from gateway.verify.remembering import ASKED_BY, generations, kept, plain
from gateway.verify.signal import ASK, SIGNAL_NAMES, SIGNALS, ticket_in, token_in
from tokens.networks import holds
from tokens.usage_counters import Tally, recorder, refusals

VERIFY_PATH = "/gateway/verify/"
# What proxies ask for that remember decisions; the portal's own port does not answer it.
GENERATIONS_PATH, USES_PATH = "/gateway/generations", "/gateway/uses"
SIGNAL_AT = len(VERIFY_PATH)
SIGNALS_AT = {f"{VERIFY_PATH}{name}": signal for name, signal in SIGNALS.items()}
COUNTED, ALREADY = (plain("200 OK", text) for text in (b"counted\n", b"already\n"))
WARN_SECONDS = 10
# Where what is shown is found: in memory, in its own form or the list of all, in the
# database; in memory while the database is away, or not at all.
OUTCOMES = REMEMBERED, RULED_OUT, ASKED, LATE, NOT_FOUND = (
    "remembered",
    "ruled_out",
    "asked",
    "remembered_late",
    "database_away",
)
ASKERS = {"postgresql": InThreadPool, "sqlite": InCallingThread}

logger = logging.getLogger(__name__)


class Gate:
    """Answers what gateways ask, from memory as long as that is certainly true.

    `strangers` counts questions of nobody that is known as a gateway, `looked_up` where
    what was shown was found: {one of OUTCOMES: Counter}.
    """

    def __init__(self, *, watcher=None, memory=None, asker=None, trusts_callers=False):
        self.watcher = watcher or Watcher()
        self.memory = memory or Memory()
        self._asker = asker or ASKERS[connection.vendor]()
        self._given_up_at = self._warned_at = -inf
        self.strangers = Tally()
        self.looked_up = {outcome: Counter() for outcome in OUTCOMES}
        self._recalled = self.looked_up[REMEMBERED].step
        self._trusts_callers = trusts_callers
        self.addresses = {GENERATIONS_PATH: self.tell, USES_PATH: self.take}

    def __call__(self, environ, start_response):
        answer = self.addresses.get(environ["PATH_INFO"], self.answer)
        decision = answer(environ)
        start_response(decision.status, decision.headers)
        return decision.body

    def answer(self, environ):
        """Return the Decision about a request; never raises for what a client sends."""
        path = environ["PATH_INFO"]
        signal = SIGNALS_AT.get(path) or signal_at(path)
        asking = self._asking(environ)
        if signal is None or asking is not PASS:
            if asking is not AWAY:
                name = SIGNAL_NAMES[signal.number] if signal else "other"
                self.strangers.note(name, *caller(environ))
            return NOT_NOW
        # Of before anything is decided.
        snapshot = self.watcher.snapshot
        decision = self._answer(signal, environ)
        return kept(decision, signal, snapshot) if ASKED_BY in environ else decision

    def _answer(self, signal, environ):
        decision = self._about(signal, environ)
        if decision is NOT_KNOWN:
            return INVALID_AT[signal.number]
        if decision is NOT_SHOWN:
            return MISSING_AT[signal.number]
        if decision.each_time:
            decision = judged(decision, environ, self._asker)
        self._note(signal, decision, environ)
        return decision

    def tell(self, environ):
        """Return all generations, for a proxy that remembers decisions."""
        if not self._is_gateway(environ):
            return NOT_NOW
        return generations(self.watcher.snapshot) or NOT_NOW

    def take(self, environ):
        """Count what a proxy answered from its own memory."""
        if not self._is_gateway(environ):
            return NOT_NOW
        try:
            is_new = handed_over.take(environ, self._asker)
        except handed_over.BatchError as error:
            status, sentence = error.args
            return Decision(status, *said(sentence))
        except (DatabaseError, InterfaceError) as error:
            self._warn(error, time.monotonic(), "count what a proxy handed over")
            return NOT_NOW
        return COUNTED if is_new else ALREADY

    def _is_gateway(self, environ):
        asking = self._asking(environ)
        if asking not in (PASS, AWAY):
            self.strangers.note("other", *caller(environ))
        return asking is PASS

    def _asking(self, environ):
        """Return the status for who asks, whose use is counted when it passes."""
        if self._trusts_callers:
            return PASS
        text = environ.get("HTTP_X_TOLLGATE_GATEWAY", "")
        decision = self._recall_or_ask(ASK, text, BY_TOKEN)
        if decision.status is PASS:
            # Who connects is the proxy; the headers tell of its client.
            proxy = peer(environ.get("REMOTE_ADDR", ""))
            if decision.networks and not holds(decision.networks, proxy[0]):
                return STOPPED
            recorder.count(decision.counted_as + proxy)
        return decision.status

    def _about(self, signal, environ):
        text = token_in(environ)
        if text or not signal.takes_tickets:
            return self._recall_or_ask(signal, text, BY_TOKEN)
        return self._recall_or_ask(signal, ticket_in(environ), BY_TICKET)

    def _recall_or_ask(self, signal, text, credential):
        if not text:
            return NOT_SHOWN
        key, snapshot, now = key_of(text), self.watcher.snapshot, time.monotonic()
        decision, true = self.memory.recall(
            signal, key, snapshot, time.time() + snapshot.offset
        )
        is_fresh = now - snapshot.seen_at < FRESH_SECONDS
        if true and is_fresh:
            self._recalled()
            return decision
        shown = credential.read(text, snapshot.listed if is_fresh else None)
        if shown is None:
            self.looked_up[RULED_OUT].step()
            return NOT_KNOWN
        answer = (
            self._ask(signal, credential, shown)
            if self._may_ask(snapshot, now)
            else None
        )
        if self.watcher.snapshot.era != snapshot.era:
            # All of that is of a database that another may have taken the place of.
            return NOT_NOW
        if answer is not None:
            self.looked_up[ASKED].step()
            return self._kept(signal, key, answer, snapshot)
        return self._late(decision if true else None, now - snapshot.seen_at)

    def _late(self, decision, seconds):
        # What was known before the database went away stays good for a while.
        is_good = decision is not None and seconds < settings.GATEWAY_GRACE_SECONDS
        self.looked_up[LATE if is_good else NOT_FOUND].step()
        return decision if is_good else NOT_NOW

    def _kept(self, signal, key, answer, snapshot):
        if answer is NOT_KNOWN and snapshot.lacks_key:
            # Another host may know it by the key that this one was not given yet.
            return NOT_NOW
        self.memory.keep(signal, key, answer, snapshot)
        return answer

    def _may_ask(self, snapshot, now):
        # Once it was waited for in vain, the database is asked when it is seen again.
        return snapshot.seen_at >= self._given_up_at and not snapshot.is_away(now)

    def _ask(self, signal, credential, shown):
        """Return the Decision of the database, or None when it does not answer."""
        begun = time.monotonic()
        try:
            return self._asker(look_up, signal, credential, shown)
        except (DatabaseError, InterfaceError) as error:
            self._warn(error, begun)
        if took_long(begun):
            self._given_up_at = begun
        return None

    def _warn(self, error, now, what="look a token up"):
        # Each question fails the same way, and who writes a log may have to wait for it.
        if now - self._warned_at >= WARN_SECONDS:
            self._warned_at = now
            logger.warning("The gateway could not %s: %s", what, error)

    def _note(self, signal, decision, environ):
        if decision.status is PASS:
            recorder.count(decision.counted_as + caller(environ))
        elif decision.reason:
            what = *decision.counted_as, decision.reason, SIGNAL_NAMES[signal.number]
            refusals.count(what + caller(environ))


def signal_at(path):
    """Return the Signal that a path names, or None."""
    # Envoy appends the client's own path, which says nothing here.
    return SIGNALS.get(path[SIGNAL_AT:].partition("/")[0])


def look_up(database, signal, credential, shown):
    """Return the Decision about what is shown; raises a database's error."""
    begun = time.monotonic()
    try:
        found = credential.find(database, shown)
        return decide(signal, *found) if found else NOT_KNOWN
    except (DatabaseError, InterfaceError):
        database.close()
        if took_long(begun):
            raise
    # A connection that the database dropped is found out by using it.
    found = credential.find(database, shown)
    return decide(signal, *found) if found else NOT_KNOWN


def took_long(begun):
    return time.monotonic() - begun > LOOKUP_SECONDS / 2


@lru_cache
def peer(address):
    """Return the address of who connects, as this server tells it, and no agent."""
    return read_address(address) or "", ""
