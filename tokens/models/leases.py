from django.db import models

from tokens.models.tokens import Token

# A host whose clock is a little behind takes of the minute that others are in already.
TAKE = """
INSERT INTO tokens_calllease (token_id, minute, taken) VALUES (%s, %s, %s)
ON CONFLICT (token_id) DO UPDATE SET
    taken = excluded.taken + CASE
        WHEN tokens_calllease.minute BETWEEN excluded.minute AND excluded.minute + 1
        THEN tokens_calllease.taken ELSE 0 END,
    minute = CASE
        WHEN tokens_calllease.minute BETWEEN excluded.minute AND excluded.minute + 1
        THEN tokens_calllease.minute ELSE excluded.minute END
RETURNING taken
"""


class CallLease(models.Model):
    """How many calls of a token with a limit all hosts have taken in a minute."""

    # Without a constraint, which would have each first call of a minute lock the token.
    token = models.OneToOneField(
        Token,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
    )
    minute = models.BigIntegerField()
    taken = models.PositiveBigIntegerField()

    def __str__(self):
        return f"{self.taken} calls in minute {self.minute}"


def take(database, token_id, minute, calls):
    """Add calls that a host takes in a minute; return how many all hosts have."""
    with database.cursor() as cursor:
        cursor.execute(TAKE, [token_id, minute, calls])
        return cursor.fetchone()[0]
