"""Two people at the same moment, on a real PostgreSQL: what must hold, holds.

Each round starts threads with connections of their own at a barrier; any exception that
is not a refusal would be a 500 on a page.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from accounts.rule_violations import RuleViolation


@pytest.fixture
def race():
    """Run actions at once; return their outcomes: "done" or a refusal's code."""

    def attempt(barrier, action):
        barrier.wait()
        try:
            action()
        except RuleViolation as refusal:
            return refusal.code
        finally:
            # As at the end of a request: the pool has eight.
            connection.close()
        return "done"

    def run(*actions):
        connection.close()
        barrier = threading.Barrier(len(actions))
        with ThreadPoolExecutor(len(actions)) as pool:
            return sorted(pool.map(partial(attempt, barrier), actions))

    return run
