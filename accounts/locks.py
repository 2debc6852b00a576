"""The one lock: the account row.

On SQLite the IMMEDIATE transaction is that lock, since it ignores FOR UPDATE.
"""

import random
import time
from contextlib import contextmanager
from functools import cache, wraps

from django.core.exceptions import ObjectDoesNotExist
from django.db import OperationalError, connection, transaction

from accounts.deadline import request_deadline
from accounts.prepared import Prepared
from accounts.rule_violations import Gone, Stale, Unavailable

ATTEMPTS = 4
# PostgreSQL's serialization_failure and deadlock_detected, lock_not_available.
PASSING = {"40001", "40P01", "55P03"}


@contextmanager
def locked(*accounts, savepoint=True):
    """Hold the rows of accounts, the main account first, until the block ends.

    Inside of a transaction the block is undone alone when it fails; without a `savepoint`
    all of that is, in two statements less.
    """
    with transaction.atomic(savepoint=savepoint):
        ordered = sorted(
            accounts, key=lambda account: (not account.is_main, account.pk)
        )
        for account in ordered:
            if not _row_of(type(account)).rows(account.pk):
                raise type(account).DoesNotExist
        yield


@cache
def _row_of(model):
    rows = model.objects.select_for_update(no_key=True).order_by()
    return Prepared(lambda pk: rows.filter(pk=pk).values_list("pk"))


def read_again(row, version=None):
    """Read a row as it is now that its lock is held.

    Raises Gone when it was deleted meanwhile, Stale when `version` is not its own.
    """
    try:
        row.refresh_from_db()
    except ObjectDoesNotExist:
        raise Gone(str(row)) from None
    if version is not None and version != row.version:
        raise Stale(str(row))


def repeated(action):
    """Repeat an action that the database gave up on for a passing reason.

    Only for actions that write everything in one transaction. Raises Unavailable
    when the reason does not pass in time.
    """

    @wraps(action)
    def attempt(*args, **kwargs):
        if connection.in_atomic_block:
            return action(*args, **kwargs)
        for _ in _attempts():
            try:
                return action(*args, **kwargs)
            except OperationalError as error:
                if not passing(error):
                    raise
        raise Unavailable("busy", "The database is busy. Try again in a moment.")

    return attempt


def _attempts():
    """Yield once for each attempt that there is time for, with pauses in between."""
    yield
    for number in range(1, ATTEMPTS):
        pause = random.uniform(0.01, 0.08) * number  # noqa: S311 -- jitter
        if pause > request_deadline.seconds_left:
            return
        time.sleep(pause)
        yield


def passing(error):
    """Whether the same transaction may succeed when it is tried again."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state in PASSING or "database is locked" in str(error)
