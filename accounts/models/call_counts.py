from django.db import models


def adding(table, key, count):
    """Return the statement that adds to a minute's count, and answers with its sum.

    It takes a key, a minute and how many. A host whose clock is a little behind counts in
    the minute that others are in already.
    """
    is_this = f"{table}.minute BETWEEN excluded.minute AND excluded.minute + 1"
    return f"""
INSERT INTO {table} ({key}, minute, {count}) VALUES (%s, %s, %s)
ON CONFLICT ({key}) DO UPDATE SET
    {count} = excluded.{count} + CASE WHEN {is_this} THEN {table}.{count} ELSE 0 END,
    minute = CASE WHEN {is_this} THEN {table}.minute ELSE excluded.minute END
RETURNING {count}
"""  # noqa: S608 -- names of ours


ADD = adding("accounts_callcount", "slot", "calls")


class CallCount(models.Model):
    """How many calls all hosts have told of in a minute. PostgreSQL writes no log of it."""

    slot = models.BigIntegerField(primary_key=True)
    minute = models.BigIntegerField()
    calls = models.PositiveBigIntegerField()

    def __str__(self):
        return f"{self.calls} calls in minute {self.minute}"


def add(database, slot, minute, calls):
    """Add calls of a host in a minute; return how many all hosts have."""
    with database.cursor() as cursor:
        cursor.execute(ADD, [slot, minute, calls])
        return cursor.fetchone()[0]
