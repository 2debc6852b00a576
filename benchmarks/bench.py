"""Tollgates, proxies and an upstream, started for what goes through a proxy."""

import json
import os
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
    offers,
    store,
)
from benchmarks.load import Measured, cpu_of, load_on, measure

STOPPED_TOKENS = 10
# One in so many of the counted calls is with one of those.
STOPPED_SHARE = 10
WARM_UPS = 4
# Of one core; and how long is waited for that at most.
IDLE, SETTLED_SECONDS = 0.15, 6


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
    def __init__(self, scratch, options):
        self.scratch, self.options = scratch, options
        self.environment = os.environ | product_settings(scratch, options.database)
        # Of the portal nothing is measured.
        self.environment |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "WORKERS": "1",
        }
        revoked = options.trials * len(options.proxies)
        numbers = map(str, (options.tokens, revoked, STOPPED_TOKENS))
        made = program("benchmarks.proxy_filling", self.environment, *numbers)
        self.made = json.loads(made)

    def through(self, name):
        """Return all that is measured of one proxy."""
        found = {"counts": {}, "revoked": {}}
        with ExitStack() as stack:
            tollgate, fronts = self.started(stack, name)
            found["load"] = {
                connections: self.loaded(fronts, tollgate, connections)
                for connections in self.options.connections
            }
            if REMEMBERED in fronts:
                found["counts"] = self.counts(fronts[REMEMBERED], name)
        if offers(name, REMEMBERED) and self.options.trials:
            found["revoked"][REMEMBERED] = self.revoked(name, REMEMBERED)
        return found

    def started(self, stack, name):
        tollgate = stack.enter_context(serving(self.environment))[GATE]
        fronts = {
            kind: stack.enter_context(self.front(name, kind, tollgate))
            for kind in KINDS
            if offers(name, kind)
        }
        return tollgate, fronts

    @contextmanager
    def front(self, name, kind, tollgate):
        """Start a proxy with an upstream of its own."""
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-{kind}-", dir=self.scratch))
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

    def loaded(self, fronts, tollgate, connections):
        """Return {kind: Through}: the rounds with the median rates, in turns."""
        told = self.told(connections)
        for kind, front in fronts.items():
            self.warm_up(front, told, WARM_UPS if kind == REMEMBERED else 1)
        full, half = {kind: [] for kind in fronts}, {kind: [] for kind in fronts}
        for _ in range(self.options.rounds):
            for kind, front in fronts.items():
                full[kind].append(self.one_round(front, tollgate, told))
            # What is compared is asked as often.
            slowest = min(
                each[-1].rate for kind, each in full.items() if kind != GUARDED
            )
            for kind, front in fronts.items():
                rate = full[kind][-1].rate if kind == GUARDED else slowest
                # What is overloaded may have refused all.
                evenly = told | at_half(max(1, rate))
                half[kind].append(self.one_round(front, tollgate, evenly))
        return {kind: Through(middle(full[kind]), calm(half[kind])) for kind in fronts}

    def told(self, connections):
        used = list(self.made["used"])
        return {"lines": used, "header": "X-API-TOKEN", "connections": connections}

    def warm_up(self, front, told, times):
        """Ask with every token, so that what is remembered is there.

        Once puts it into what processes of a proxy share. Connections are spread over
        them at random, so after some times more nearly each of them has it for itself.
        """
        left = times * len(told["lines"])
        while left > 0:
            left -= measure(front, "/", seconds=self.options.seconds, **told).requests

    def one_round(self, front, tollgate, told):
        settle(tollgate, self.options.settling)
        before = cpu_of(tollgate.pid)
        found = measure(front, "/", seconds=self.options.seconds, **told)
        return Round(found, cpu_of(tollgate.pid) - before)

    def counts(self, front, name):
        """Return {what: (how many were sent, how many of them were counted)}."""
        number = self.options.counted
        stopped = [secret for _, secret in self.made["stopped"]]
        agent = f"counted-{name}/1"
        sent = counting.send(front.port, self.made["used"], number, agent)
        some = counting.send(front.port, stopped, number // STOPPED_SHARE, agent)
        expected = [sent.pop(200, 0), some.pop(403, 0)]
        if sent or some:
            raise SystemExit(
                f"Not all were answered as they should be: {sent}, {some}."
            )

        def read():
            return json.loads(program("benchmarks.counting", self.environment, agent))

        found = counting.wait_for(read, expected)
        return {
            "uses": (expected[0], found[0]),
            "refused calls": (expected[1], found[1]),
        }

    def revoked(self, name, kind):
        """Delete tokens under load, at two Tollgates with a proxy in front of each."""
        some = [self.made["revoked"].pop() for _ in range(self.options.trials)]
        with ExitStack() as stack:
            hosts = [stack.enter_context(serving(self.environment)) for _ in range(2)]
            fronts = [
                stack.enter_context(self.front(name, kind, host[GATE]))
                for host in hosts
            ]
            for front in fronts:
                stack.enter_context(load_on(front, self.made["used"]))
            portals = [host[PORTAL].port for host in hosts]
            ports = [front.port for front in fronts]
            trials = revocations.measure(some, ports, portals, self.made["api"])
        return revocations.summary(trials)


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
