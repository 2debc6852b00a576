"""The first pages of lists in their usual order, by statements that are put together once.

Most pages of tokens are these. The ORM took longer to write their statement than the
database to answer it.
"""

from django.db import connection
from django.db.models import Q

from accounts.prepared import Prepared
from tokens.models.tokens import Token

ORDER = "-created_at"
# In the order of an index, without which PostgreSQL would read the table.
COUNT = """SELECT COUNT(*) FROM (
    SELECT 1 FROM tokens_token WHERE {condition} AND deleted_at IS NULL
    ORDER BY created_at LIMIT %s
) AS listed"""


def newest(account, kind, limit, prepared=None):
    """Return the newest tokens of a kind in an account.

    `prepared` reads them with what else their list shows.
    """
    tokens = (prepared or _OF_KIND).rows(account.pk, kind, limit, 0)
    for token in tokens:
        # The reader has it already, with its organisation.
        token.account = account
    return tokens


def newest_of_all(organisation, hidden, limit):
    """Return the newest tokens of an organisation, but for those of `hidden` accounts."""
    tokens = _OF_ALL.rows(organisation.pk, *hidden, limit, 0)
    for token in tokens:
        token.account.organisation = organisation
    return tokens


def of_kind(account, kind):
    """Return the query for the newest tokens of a kind in an account."""
    tokens = Token.objects.filter(account=account, kind=kind)
    return _in_order(tokens.not_deleted())


def all_of(organisation, hidden):
    """Return the query for the tokens of an organisation, but for those of some accounts."""
    # One by one, since a list of them takes no places for values.
    seen = [~Q(account=each) for each in hidden]
    return Token.objects.filter(*seen, organisation=organisation).not_deleted()


def count_of_kind(account, kind, limit):
    """Count the tokens of a kind in an account, but not further than to a limit."""
    return _count("account_id = %s AND kind = %s", [account.pk, str(kind)], limit)


def count_of_all(organisation_id, hidden, limit):
    """Count these tokens, but not further than to a limit."""
    marks = ", ".join(["%s"] * len(hidden))
    but = f" AND account_id NOT IN ({marks})" if hidden else ""
    return _count(f"organisation_id = %s{but}", [organisation_id, *hidden], limit)


def _count(condition, values, limit):
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(condition=condition), [*values, limit])
        return cursor.fetchone()[0]


def _of_all(organisation, *hidden):
    tokens = all_of(organisation, hidden)
    return _in_order(tokens.select_related("account"))


def _in_order(tokens):
    return tokens.order_by(ORDER, "-pk")


_OF_KIND = Prepared(of_kind, paged=True)
_OF_ALL = Prepared(_of_all, paged=True)
