"""The numbers beside the lists of an account, in one statement that is written already.

Building the queries took longer than the database takes to answer them.
"""

from django.db import connection

from accounts.clock import clock
from accounts.models.accounts import RESTORABLE_FOR
from tokens.models.querysets import TOKENS_COUNTED_UP_TO
from tokens.models.tokens import Token

# In the order of an index, without which PostgreSQL would read the table.
BOUNDED = """(SELECT COUNT(*) FROM (
    SELECT id FROM tokens_token WHERE account_id = %s AND kind = %s AND {condition}
    ORDER BY {order}, id LIMIT {most}
) AS listed)"""
LISTED = BOUNDED.format(
    condition="deleted_at IS NULL", order="created_at", most=TOKENS_COUNTED_UP_TO
)
DELETED = BOUNDED.format(
    condition="deleted_at > %s", order="deleted_at", most=TOKENS_COUNTED_UP_TO
)


def list_counts(account, kinds, deleted):
    """Return how many tokens of each of some kinds are listed, and how many deleted.

    No number is above COUNTED_UP_TO. Where a kind is None there are none; the last
    number is of the tokens of the kind `deleted` that can be restored.
    """
    wanted = [kind for kind in kinds if kind is not None]
    since = Token._meta.get_field("deleted_at").get_db_prep_value(
        clock.now() - RESTORABLE_FOR, connection
    )
    values = [each for kind in wanted for each in (account.pk, kind.value)]
    # A row has its kind as a plain text.
    values += [account.pk, str(deleted), since]
    with connection.cursor() as cursor:
        cursor.execute(_statement(len(wanted)), values)
        *listed, restorable = cursor.fetchone()
    found = dict(zip(wanted, listed, strict=True))
    return [found.get(kind, 0) for kind in kinds], restorable


def _statement(kinds):
    return f"SELECT {', '.join([*[LISTED] * kinds, DELETED])}"
