"""Reading the database as it is at one moment, beside whoever writes."""

from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction

# Whoever reads a whole trail takes minutes, and stops nobody.
REPEATABLE = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
)


@contextmanager
def snapshot(using=DEFAULT_DB_ALIAS):
    """Let a block see what was committed when it began, and nothing of what comes later.

    Nobody waits for it. Within a transaction that has begun already it sees what that sees.
    """
    database = connections[using]
    if database.in_atomic_block:
        yield
    elif database.vendor == "postgresql":
        with transaction.atomic(using=using):
            with database.cursor() as cursor:
                for statement in REPEATABLE:
                    cursor.execute(statement)
            yield
    else:
        with database.reading(), transaction.atomic(using=using):
            yield
