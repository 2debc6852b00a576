"""Gateways that ask and a script that writes, all the time, and what they were told."""

import json
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

from tests.gateway.wire import Wire
from tests.installation import Installation
from tokens.kinds import Kind
from tokens.secrets import make

# A change that was acknowledged this long ago holds.
PROMISE_SECONDS = 1.0
UNAVAILABLE = 503


@dataclass
class Seen:
    """What came of a load: `wrong` are answers that should never have been given."""

    acknowledged: list = field(default_factory=list)
    refused: int = 0
    wrong: list = field(default_factory=list)
    # Of a known token between two passes, and of any one answer.
    silence: float = 0.0
    slowest_question: float = 0.0
    slowest_write: float = 0.0


@dataclass
class World:
    """An installation with tokens that the load goes on with."""

    installation: Installation
    account: str
    gateway: str
    known: str
    stopped: str = ""
    stopped_at: float = float("inf")


def settle(installation):
    """Make an organisation with its tokens in a fresh installation; return the World."""
    made = installation.commands(
        ("create_organisation", "Acme", "--plan=pro"),
        ("create_token", "--kind=gateway", "proxy"),
        ("create_token", "--account", "{0}", "known"),
        ("create_token", "--account", "{0}", "stopped"),
    )
    return World(installation, *made)


@contextmanager
def running(installation, **variables):
    """Start it and read all that it says: whoever writes to a full pipe has to wait."""
    with installation.running(**variables) as (process, _):
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield process


class Load:
    def __init__(self, world, seen=None):
        self.world, self.seen = world, seen or Seen()
        self._over = threading.Event()

    @contextmanager
    def going_on(self):
        self._wait_until_all_is_well()
        texts = {"known": self.world.known, "stopped": self.world.stopped, "new": ""}
        threads = [
            threading.Thread(target=self._ask, args=item) for item in texts.items()
        ]
        threads.append(threading.Thread(target=self._write))
        for thread in threads:
            thread.start()
        try:
            yield self.seen
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _wait_until_all_is_well(self):
        """What a start takes is no part of what a fault takes."""
        self.world.installation.wait_for_health()
        status = None
        while status != 204:
            with suppress(OSError), closing(self._wire()) as wire:
                status = wire.ask("api", self.world.known)
            time.sleep(0.05)

    def _ask(self, name, text):
        passed_at = time.monotonic()
        while not self._over.is_set():
            with suppress(OSError), closing(self._wire()) as wire:
                while not self._over.wait(0.005):
                    began = time.monotonic()
                    status = wire.ask("api", text or make(Kind.API).reveal())
                    now = time.monotonic()
                    self._judge(name, status, began)
                    slowest = self.seen.slowest_question
                    self.seen.slowest_question = max(slowest, now - began)
                    if name == "known" and status == 204:
                        silence = now - passed_at
                        self.seen.silence = max(self.seen.silence, silence)
                        passed_at = now
            self._over.wait(0.02)

    def _wire(self):
        return Wire(self.world.installation.gateway_port, self.world.gateway)

    def _judge(self, name, status, began):
        good = {"known": {204, 503}, "new": {401, 503}, "stopped": {204, 403, 503}}
        if name == "stopped" and began > self.world.stopped_at + PROMISE_SECONDS:
            good = {name: {403, 503}}
        if status not in good[name]:
            self.seen.wrong.append((name, status))

    def _write(self):
        number = 0
        while not self._over.wait(0.02):
            number += 1
            began = time.monotonic()
            self._create(f"{began:.6f} {number}")
            took = time.monotonic() - began
            self.seen.slowest_write = max(self.seen.slowest_write, took)

    def _create(self, name):
        request = urllib.request.Request(
            f"{self.world.installation.address}/api/v1/accounts/{self.world.account}/tokens",
            json.dumps({"kind": "logs", "name": name, "enabled": False}).encode(),
            {"X-API-TOKEN": self.world.known, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self.seen.acknowledged.append(json.load(answer)["id"])
        except urllib.error.HTTPError as error:
            with error:
                self.seen.refused += 1
                if error.code != UNAVAILABLE:
                    self.seen.wrong.append(("write", error.code))
        except OSError:
            self.seen.refused += 1
