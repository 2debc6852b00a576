from django.db import models

# A host whose clock is a little behind counts in the minute that others are in already.
ADD = """
INSERT INTO accounts_callcount (slot, minute, calls) VALUES (%s, %s, %s)
ON CONFLICT (slot) DO UPDATE SET
    calls = excluded.calls + CASE
        WHEN accounts_callcount.minute BETWEEN excluded.minute AND excluded.minute + 1
        THEN accounts_callcount.calls ELSE 0 END,
    minute = CASE
        WHEN accounts_callcount.minute BETWEEN excluded.minute AND excluded.minute + 1
        THEN accounts_callcount.minute ELSE excluded.minute END
RETURNING calls
"""


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
