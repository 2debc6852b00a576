"""Tollgates, proxies and an upstream, started for what goes through a proxy."""

import json
import os
import signal
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path

from benchmarks import counting, revocations
from benchmarks.__main__ import product_settings
from benchmarks.calls import GATE, PORTAL, at_half, middle, program, serving
from benchmarks.fronts import (
    FRONTS,
    GUARDED,
    KINDS,
    REMEMBERED,
    WITHOUT_TOLLGATE,
    store,
)
from benchmarks.load import Measured, cpu_of, load_on, measure, processes_of
from benchmarks.phases import phase

STOPPED_TOKENS = 10
# One in so many of the counted calls is with one of those.
STOPPED_SHARE = 10
# Once puts it into what processes of a proxy share. Connections are spread over those at
# random, so after some times more nearly each of them has it for itself.
WARM_UPS, WARMING_CONNECTIONS, WARMING_SECONDS = 4, 64, 4
# Of one core; and how long is waited for that at most.
IDLE, SETTLED_SECONDS = 0.15, 6
# In which a proxy has handed over what it counted.
HANDED_OVER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Round:
    """Requests that went through a proxy, and the CPU seconds of Tollgate meanwhile."""

    measured: Measured
    tollgate_seconds: float

    @property
    def rate(self):
        """Requests in a second that passed: what is overloaded refuses some with 503."""
        measured = self.measured
        return (measured.requests - measured.not_2xx) / measured.seconds


@dataclass(frozen=True, slots=True)
class Through:
    """A round as fast as the answers came, and one at half the load.

    Half of what the slower one can take, where unguarded and remembered are compared.
    """

    full: Round
    half: Round

    @property
    def rate(self):
        return self.full.rate

    @property
    def tollgate_cpu(self):
        """CPU time of Tollgate for one request, in microseconds."""
        return self.full.tollgate_seconds / self.full.measured.requests * 1e6

    @property
    def p99(self):
        return self.half.measured.latency(99)


class Bench:
    """What is measured of proxies, all with one database that is filled once.

    What remembers 100,000 tokens is filled once, too: a Tollgate for all proxies, a second
    one for their revocations, and each proxy that remembers.
    """

    def __init__(self, scratch, options):
        self.scratch, self.options = scratch, options
        self.environment = os.environ | product_settings(scratch, options.database)
        # Of the portal nothing is measured.
        self.environment |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "WORKERS": "1",
        }
        self._stack, self._remembering = ExitStack(), {}

    def __enter__(self):
        revoked = self.options.trials * len(self.options.proxies)
        numbers = map(str, (self.options.tokens, revoked, STOPPED_TOKENS))
        with phase("the database is filled"):
            made = program("benchmarks.proxy_filling", self.environment, *numbers)
        self.made = json.loads(made)
        self.tollgate = self._stack.enter_context(serving(self.environment))
        return self

    def __exit__(self, *error):
        return self._stack.__exit__(*error)

    def load(self, name):
        """Return {connections: {kind: Through}} of a proxy."""
        with ExitStack() as stack:
            fronts = {
                kind: (self._stack if kind == REMEMBERED else stack).enter_context(
                    self.front(name, kind, self.tollgate[GATE])
                )
                for kind in KINDS
            }
            self._remembering[name] = fronts[REMEMBERED]
            with phase(f"{name}: it has seen each token"):
                # And so has Tollgate, which the others ask.
                self.warm_up(fronts[REMEMBERED])
            return {
                connections: self.loaded(name, fronts, connections)
                for connections in self.options.connections
            }

    @contextmanager
    def front(self, name, kind, tollgate):
        """Start a proxy with an upstream of its own."""
        prefix = f"{name}-{kind.replace(' ', '-')}-"
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=self.scratch))
        with (
            store(folder / "store") as upstream,
            FRONTS[name](
                folder / "proxy",
                kind,
                store=upstream.port,
                tollgate=tollgate.port,
                credential=self.made["gateway"],
            ) as front,
        ):
            yield front

    def warm_up(self, front):
        """Ask with every token, so that what is remembered is there."""
        told = self.told(WARMING_CONNECTIONS)
        left = WARM_UPS * len(told["lines"])
        while left > 0:
            left -= measure(front, "/", seconds=WARMING_SECONDS, **told).requests

    def loaded(self, name, fronts, connections):
        """Return {kind: Through}: the rounds with the median rates, in turns."""
        told = self.told(connections)
        full, half = {kind: [] for kind in fronts}, {kind: [] for kind in fronts}
        for number in range(self.options.rounds):
            with phase(f"{name}: round {number + 1}, {connections} connections"):
                self.in_turn(fronts, told, full, half)
        return {kind: Through(middle(full[kind]), calm(half[kind])) for kind in fronts}

    def in_turn(self, fronts, told, full, half):
        for kind, front in fronts.items():
            full[kind].append(self.one_round(front, kind, told))
        # What is compared is asked as often.
        slowest = min(each[-1].rate for kind, each in full.items() if kind != GUARDED)
        for kind, front in fronts.items():
            rate = full[kind][-1].rate if kind == GUARDED else slowest
            # What is overloaded may have refused all.
            evenly = told | at_half(max(1, rate))
            half[kind].append(self.one_round(front, kind, evenly))

    def told(self, connections):
        # Turned on from round to round, so that each token comes up.
        used = self.made["used"]
        return {"lines": used, "header": "X-API-TOKEN", "connections": connections}

    def one_round(self, front, kind, told):
        tollgate, seconds = self.tollgate[GATE], self.options.seconds
        if kind in WITHOUT_TOLLGATE:
            with stopped(tollgate):
                return Round(measure(front, "/", seconds=seconds, **told), 0)
        settle(tollgate, self.options.settling)
        before = cpu_of(tollgate.pid)
        found = measure(front, "/", seconds=seconds, **told)
        return Round(found, cpu_of(tollgate.pid) - before)

    def count(self, name):
        """Send what is to be counted; return how many uses and refused calls it was."""
        front, number = self._remembering[name], self.options.counted
        refused = [secret for _, secret in self.made["stopped"]]
        agent = agent_of(name)
        with phase(f"{name}: calls to count are sent"):
            sent = counting.send(front.port, self.made["used"], number, agent)
            some = counting.send(front.port, refused, number // STOPPED_SHARE, agent)
            expected = [sent.pop(200, 0), some.pop(403, 0)]
            time.sleep(min(HANDED_OVER_SECONDS, number))
        if sent or some:
            raise SystemExit(
                f"Not all were answered as they should be: {sent}, {some}."
            )
        return expected

    def counted(self, name, expected):
        """Return {what: (how many were sent, how many of them were counted)}."""

        def read():
            agent = agent_of(name)
            return json.loads(program("benchmarks.counting", self.environment, agent))

        with phase(f"{name}: what was counted is written"):
            uses, refused = counting.wait_for(read, expected)
        return {
            "uses": (expected[0], uses),
            "refused calls": (expected[1], refused),
        }

    def second(self):
        """Start another Tollgate with the same database."""
        return serving(self.environment)

    def revoked(self, name, other):
        """Delete tokens under load, at two Tollgates with a proxy in front of each."""
        some = [self.made["revoked"].pop() for _ in range(self.options.trials)]
        with self.front(name, REMEMBERED, other[GATE]) as second:
            fronts = self._remembering[name], second
            with phase(f"{name}: a second one has seen each token"):
                self.warm_up(second)
            with ExitStack() as stack:
                for front in fronts:
                    stack.enter_context(load_on(front, self.made["used"]))
                portals = [host[PORTAL].port for host in (self.tollgate, other)]
                ports = [front.port for front in fronts]
                with phase(f"{name}: {len(some)} tokens are deleted"):
                    trials = revocations.measure(some, ports, portals, self.made["api"])
        return revocations.summary(trials)


def agent_of(name):
    return f"counted-{name}/1"


@contextmanager
def stopped(server):
    """Let a server that nobody needs take none of the processor's time."""
    processes = processes_of(server.pid)
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT)


def settle(tollgate, seconds):
    """Wait until it has written what it counted in other rounds, but not for ever."""
    used, ends = inf, time.monotonic() + SETTLED_SECONDS
    while used > IDLE * seconds and time.monotonic() < ends:
        before = cpu_of(tollgate.pid)
        time.sleep(seconds)
        used = cpu_of(tollgate.pid) - before


def calm(rounds):
    """Return the round with the median of the slowest answers."""
    return sorted(rounds, key=lambda each: each.measured.latency(99))[len(rounds) // 2]
