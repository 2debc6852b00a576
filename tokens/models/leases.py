from django.db import models

from accounts.models.call_counts import adding
from tokens.models.tokens import Token

TAKE = adding("tokens_calllease", "token_id", "taken")


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
