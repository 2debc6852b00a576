"""Send a number of requests, and read how many of them the portal has counted.

`python -m benchmarks.counting AGENT` prints the uses and the refused calls of an agent.
"""

import asyncio
import json
import sys
import time

import django

from benchmarks.revocations import Client

CONNECTIONS = 32
# What the rounds before have used is written first, some thousand rows a second.
PATIENCE_SECONDS = 240


def send(port, secrets, number, agent):
    """Send so many requests with tokens in turn; returns how many got which status."""
    return asyncio.run(_send(port, secrets, number, agent))


async def _send(port, secrets, number, agent):
    left, statuses = iter(range(number)), {}

    async def sending():
        client = Client(port)
        for turn in left:
            secret = secrets[turn % len(secrets)]
            status = await client.ask("/", X_API_TOKEN=secret, User_Agent=agent)
            statuses[status] = statuses.get(status, 0) + 1
        client.close()

    await asyncio.gather(*(sending() for _ in range(CONNECTIONS)))
    return statuses


def wait_for(read, expected):
    """Return what `read` says, at the latest when everything must have been written."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while (found := read()) != expected and time.monotonic() < ends:
        time.sleep(0.5)
    if found == expected:
        # What is counted twice comes a little later.
        time.sleep(3)
        found = read()
    return found


def main():
    django.setup()
    from django.db.models import Sum  # noqa: PLC0415 -- only after setup

    from gateway.models import RefusedCall  # noqa: PLC0415 -- the same
    from tokens.models import TokenUsage  # noqa: PLC0415 -- the same

    found = [
        model.objects.filter(agent=sys.argv[1]).aggregate(n=Sum("calls", default=0))[
            "n"
        ]
        for model in (TokenUsage, RefusedCall)
    ]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
