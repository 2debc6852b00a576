"""Waiting for a PostgreSQL that may have stopped to answer.

A server that hangs goes on acknowledging what it is sent, and one behind a network that
drops packets says nothing at all. No time limit of the server ends such a wait, and
those of TCP only some. So this end gives up by itself.
"""

import select
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import psycopg
from psycopg.waiting import Ready
from psycopg_pool import ConnectionPool

from accounts.deadline import request_deadline

# Nothing was heard from the database for that long, and what is asked now is told so.
SILENT_SECONDS = 1.3
# What has been asked for that long is given up as well.
SLOW_SECONDS = 1.0
# Who has answered within that time need not be asked whether it is there.
JUST_SECONDS = 0.5
# How often a wait looks up, in seconds.
INTERVAL = 0.05


class Silence(psycopg.OperationalError):
    """The database says nothing."""


@dataclass(slots=True)
class Pulse:
    """When this process heard from its database, on the monotonic clock.

    Whoever watches the database says so here. In a process where nobody does, silence
    is unknown: there, a statement may take as long as the server lets it.

    An `era` ends when the database may be another one. The server of before may still
    answer over connections of before, with what was true then, and also over new ones:
    `identify` tells of a connection which (database, timeline) it leads to.
    """

    heard_at: float | None = None
    failed: bool = False
    era: int = 0
    watched: tuple = ()
    identify: Callable | None = None
    # Whether something newer than what is watched has answered.
    is_overtaken: bool = False

    def is_silent(self, waited=0.0):
        """Whether to give up after having waited for an answer."""
        if self.heard_at is None:
            return False
        late = time.monotonic() - self.heard_at
        return late > SILENT_SECONDS and (self.failed or waited > SLOW_SECONDS)

    def require(self):
        """Raise Silence when there is no use in asking."""
        if self.is_silent():
            raise Silence("the database does not answer")

    def require_watched(self, opened):
        """Raise Silence when a new connection leads to what is not watched."""
        if self.identify is None or (found := self.identify(opened)) == self.watched:
            return
        database, timeline = self.watched
        # Of one database the later timeline is the one that goes on.
        self.is_overtaken = found[0] != database or found[1] > timeline
        raise Silence("another database answers than the one that is watched")


pulse = Pulse()


class Connection(psycopg.Connection):
    """A connection that closes itself when the database says nothing.

    `patience` is for how many seconds one answer is waited for; without one, for as
    long as the database is heard of, and the request has time. What comes at once is
    taken even then: a request that is slow by itself need not fail.
    """

    patience = None
    era = 0
    heard_at = -inf

    @classmethod
    def connect(cls, *arguments, **parameters):
        era = pulse.era
        opened = super().connect(*arguments, **parameters)
        opened.era = era
        return opened

    @property
    def is_past(self):
        """Whether it may lead to a database that another has taken the place of."""
        return self.era != pulse.era

    @property
    def has_just_answered(self):
        """Whether it answered a moment ago, and nothing came since, such as its end."""
        if time.monotonic() - self.heard_at > JUST_SECONDS:
            return False
        coming = select.poll()
        coming.register(self.fileno(), select.POLLIN)
        return not coming.poll(0)

    def wait(self, gen, interval=INTERVAL, timeout=None):
        try:
            if self.patience is None:
                pulse.require()
            answer = super().wait(self._listening(gen), interval, timeout)
        except Silence:
            self.pgconn.finish()
            raise
        self.heard_at = time.monotonic()
        return answer

    def _listening(self, gen):
        """Hand on what psycopg says to its generator, and look up in every pause."""
        begun = time.monotonic()
        try:
            wish = next(gen)
            while True:
                ready = yield wish
                if ready == Ready.NONE:
                    self._look_up(time.monotonic() - begun)
                wish = gen.send(ready)
        except StopIteration as end:
            return end.value

    def _look_up(self, waited):
        if self.patience is None:
            given_up = pulse.is_silent(waited) or request_deadline.seconds_left <= 0
        else:
            given_up = waited >= self.patience
        if given_up:
            raise Silence(f"the database has not answered for {waited:.1f} seconds")


def hasten(options, milliseconds):
    """Let statements of a connection that is made of these options end that soon.

    Behind a pooler there are no options of a session; who asks gives up by itself.
    """
    if "options" in options:
        options["options"] += f" -c statement_timeout={milliseconds}"


def check(opened, *, asks=False):
    """Raise when a pool may not hand a connection out any more.

    To ask the database takes a seventh of a call; it `asks` always where a pooler may stand
    in between, which answers for a server that is gone.
    """
    if opened.is_past:
        opened.close()
        raise psycopg.OperationalError("the database may be another one by now")
    if asks or not opened.has_just_answered:
        ConnectionPool.check_connection(opened)
