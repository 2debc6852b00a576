"""How long a token still passes at every proxy after its end was acknowledged."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import asdict, dataclass
from math import inf

PROMISE_SECONDS = 1.0
# For so long after the acknowledgement is asked whether it passes again.
WATCH_SECONDS = 1.3
PAUSE_SECONDS = 0.04
AT_ONCE = 40


@dataclass(frozen=True, slots=True)
class Trial:
    """Seconds from the acknowledgement, at the proxy where it took longest.

    The last request that passed was sent after `passed_last`. The first one that was not
    let pass was sent after `refused_from`, and its answer read after `answered_after`:
    under full load Tollgate may take a while to say so. `statuses` says how often what
    was answered after the acknowledgement.
    """

    refused_from: float
    answered_after: float
    passed_last: float
    passed_late: int
    statuses: dict


class Client:
    """One connection by HTTP/1.1 that is kept."""

    def __init__(self, port):
        self._port = port
        self._streams = None

    async def ask(self, path, method="GET", **headers):
        """Return the status; a connection that broke is opened again."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}"]
        lines += [
            f"{name.replace('_', '-')}: {value}" for name, value in headers.items()
        ]
        if method != "GET":
            lines.append("Content-Length: 0")
        text = "\r\n".join([*lines, "", ""]).encode()
        try:
            return await self._say(text)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return await self._say(text)

    async def _say(self, text):
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(text)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        await self._skip_body(reader, head, status)
        if "\r\nconnection: close" in head:
            self.close()
        return status

    async def _skip_body(self, reader, head, status):
        if "\r\ntransfer-encoding: chunked" in head:
            while size := int(await reader.readline(), 16):
                await reader.readexactly(size + 2)
            await reader.readline()
        elif status != 204 and "\r\ncontent-length:" in head:
            length = head.split("\r\ncontent-length:", 1)[1].split("\r\n", 1)[0]
            await reader.readexactly(int(length))

    def close(self):
        if self._streams:
            self._streams[1].close()
        self._streams = None


def measure(tokens, fronts, portals, api):
    """Return a Trial for each (id, secret), ended at one of the portals in turn."""
    return asyncio.run(_all(tokens, fronts, portals, api))


async def _all(tokens, fronts, portals, api):
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number, token, secret):
        async with room:
            portal = Client(portals[number % len(portals)])
            # In half of the trials nobody has asked before: what is filled while the
            # change is made must not stay either.
            warm = number // 2 % 2 == 0
            return await trial(token, secret, fronts, portal, api, warm=warm)

    return await asyncio.gather(
        *(one(number, *token) for number, token in enumerate(tokens))
    )


async def trial(token, secret, fronts, portal, api, *, warm):
    asked = [[] for _ in fronts]
    over, ready = asyncio.Event(), [asyncio.Event() for _ in fronts]
    watching = [
        watch(*each, secret, over) for each in zip(fronts, asked, ready, strict=True)
    ]
    tasks = [asyncio.create_task(each) for each in watching] if warm else []
    if warm:
        await asyncio.gather(*(each.wait() for each in ready))
    await asyncio.sleep(random.random() * 0.3)  # noqa: S311 -- spread, no secret
    if not warm:
        tasks = [asyncio.create_task(each) for each in watching]
    acknowledged = await deleted(token, portal, api)
    await asyncio.sleep(WATCH_SECONDS)
    over.set()
    await asyncio.gather(*tasks)
    return judged(asked, acknowledged)


async def deleted(token, portal, api):
    """Return when it was said that a token is gone; who is told to come back does."""
    status = 0
    while status not in (200, 404):
        if status not in (0, 503):
            raise SystemExit(f"A token could not be deleted: {status}.")
        path = f"/v1/log-shipping/tokens/{token}"
        status = await portal.ask(path, "DELETE", X_API_TOKEN=api)
        now = time.monotonic()
    portal.close()
    return now


async def watch(port, asked, ready, secret, over):
    """Ask again and again; note (sent, answered, status)."""
    client = Client(port)
    while not over.is_set():
        sent = time.monotonic()
        status = await client.ask("/", X_API_TOKEN=secret)
        asked.append((sent, time.monotonic(), status))
        ready.set()
        await asyncio.sleep(PAUSE_SECONDS)
    client.close()


def judged(asked, acknowledged):
    passed = [
        sent - acknowledged
        for each in asked
        for sent, _, status in each
        if status == 200
    ]
    refused = [first_refusal(each, acknowledged) for each in asked]
    statuses = (
        status for each in asked for _, now, status in each if now > acknowledged
    )
    return Trial(
        max(sent for sent, _ in refused) - acknowledged,
        max(now for _, now in refused) - acknowledged,
        max(passed, default=0.0),
        sum(late > PROMISE_SECONDS for late in passed),
        dict(Counter(statuses)),
    )


def first_refusal(asked, acknowledged):
    """Return when it was sent and answered; a 503 lets nobody pass either."""
    return next(
        (
            (sent, now)
            for sent, now, status in asked
            if status != 200 and now > acknowledged
        ),
        (inf, inf),
    )


def summary(trials):
    return {
        "trials": len(trials),
        "refused_from": max(trial.refused_from for trial in trials),
        "answered_after": max(trial.answered_after for trial in trials),
        "passed_last": max(trial.passed_last for trial in trials),
        "passed_late": sum(trial.passed_late for trial in trials),
        "statuses": dict(sum((Counter(trial.statuses) for trial in trials), Counter())),
        "raw": [asdict(trial) for trial in trials],
    }
