"""Usage that is sent to a time series database: calls of tokens, by remote write.

It is counted when it is in our own database, where last uses stay, and sent by a thread
of its own: a receiver that is slow or away delays neither answers nor what is written.
"""

import logging
import socket
import threading
import time
from collections import Counter, deque
from http import HTTPStatus
from itertools import batched
from uuid import uuid4

from django.conf import settings

from accounts.clock import clock
from accounts.metrics import remote_writes
from accounts.web.logs import Seldom
from tokens.models import Token
from tokens.remote_write.protocol import post
from tokens.remote_write.totals import Counted, Totals

SEND_SECONDS = 15
# Of one request; and of everything when a process ends.
ANSWER_SECONDS, LAST_SECONDS = 10.0, 3.0
LONGEST_PAUSE = 120
TOKENS_AT_ONCE = 500
# What is wrong with a request itself: sent again, it would be refused again.
REFUSED = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}

logger = logging.getLogger(__name__)


class RemoteWriter:
    """Sends this process's totals to what REMOTE_WRITE_URL names."""

    def __init__(self):
        # A process of its own is a series of its own: it begins at 0.
        labels = {"instance": socket.gethostname(), "process": uuid4().hex[:8]}
        self.totals = Totals({"job": "tollgate", **labels})
        self._batches, self._alone = deque(), threading.Lock()
        self._before = self._failures = 0
        self._asked_again_at = 0.0
        self._complaints = Seldom(logger)

    def carry_on(self, seconds=None):
        """Send what changed; what the receiver does not take now it gets later."""
        ends = time.monotonic() + (seconds or float("inf"))
        with self._alone:
            if time.monotonic() < self._asked_again_at:
                return
            if not self._batches:
                self._gather()
            while self._batches and time.monotonic() < ends:
                left = min(ANSWER_SECONDS, ends - time.monotonic())
                if not self._is_over(self._batches[0], left):
                    return
                self.totals.confirm(self._batches.popleft())

    def finish(self):
        """Send what there is a last time, for as long as a process that ends may take."""
        if self._alone.acquire(timeout=LAST_SECONDS):
            self._alone.release()
            self._asked_again_at = 0.0
            # What waited from before, and what came since.
            self.carry_on(LAST_SECONDS)
            self.carry_on(LAST_SECONDS)

    def _gather(self):
        # One's own clock may have been set back.
        now = max(int(clock.now().timestamp() * 1000), self._before + 1)
        before, usual = self._before, SEND_SECONDS * 1000
        # What is sent late is a step of now, which a rate of some minutes sees.
        if now - before > 2 * usual:
            before = now - usual
        self._batches.extend(self.totals.batches(before, now))
        self._before = now

    def _is_over(self, batch, seconds):
        """Send a batch; returns whether it need not be sent again."""
        address, headers = settings.REMOTE_WRITE_URL, settings.REMOTE_WRITE_HEADERS
        answer = post(address, headers, batch.body, seconds)
        if answer.is_fine:
            remote_writes.add("taken")
            self._failures = 0
            return True
        is_refused = answer.status in REFUSED
        remote_writes.add("refused" if is_refused else "failed")
        self._complaints.warn(
            "The receiver of REMOTE_WRITE_URL did not take %d counts of calls (%s).",
            len(batch.totals),
            answer,
        )
        if not is_refused:
            self._pause(answer.retry_after.total_seconds())
        return is_refused

    def _pause(self, asked):
        self._failures += 1
        usual = min(SEND_SECONDS * 2 ** min(self._failures - 1, 9), LONGEST_PAUSE)
        self._asked_again_at = time.monotonic() + (asked or usual)


def by_counted(calls):
    """Return calls, by keys that begin with a token's id, as {Counted: calls}.

    Nothing, and without a question, where nothing is sent.
    """
    if not settings.REMOTE_WRITE_URL:
        return {}
    times = Counter()
    for (token, *_), number in calls.items():
        times[token] += number
    return {
        Counted(public_id, str(account or ""), kind): times[pk]
        for pk, public_id, account, kind in _tokens(times)
    }


def _tokens(ids):
    columns = "pk", "public_id", "account_id", "kind"
    for some in batched(sorted(ids), TOKENS_AT_ONCE):
        yield from Token.objects.filter(pk__in=some).values_list(*columns)


remote_writer = RemoteWriter()
