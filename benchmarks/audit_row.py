"""Measure what an event of a search costs this process; prints microseconds of CPU time."""

import sys
import time

import django
from django.db import connection

CALLS = 300


def main():
    django.setup()
    from accounts.audit.trail import Actor, record  # noqa: PLC0415 -- only after setup
    from accounts.models import Account, Action  # noqa: PLC0415 -- the same

    account = Account.objects.get(kind="main")
    told = {"target": "10 log tokens", "token_ids": list(range(10))}
    connection.ensure_connection()
    begun = time.process_time()
    for _ in range(CALLS):
        record(Action.TOKEN_REVEALED, by=Actor.console(), account=account, **told)
    sys.stdout.write(f"{(time.process_time() - begun) / CALLS * 1e6}\n")


if __name__ == "__main__":
    main()
