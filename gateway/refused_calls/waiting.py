"""Which refused tokens a person hears about, and how many wait for a look."""

from gateway.models import RefusedToken
from tokens.permissions import visible_to_main_admin

# Nobody counts further.
MOST = 100


def refused_tokens(user, account):
    """Return the refused tokens of an account; the main account has all that one oversees."""
    if account.is_main:
        return RefusedToken.objects.filter(
            account__in=visible_to_main_admin(account, user)
        )
    return account.refused_tokens.all()


def count_waiting(user, account):
    """Return how many refused tokens wait for a look, as it is shown; a blank for none."""
    # Mostly there are none, and every page asks: this takes a tenth of the whole query.
    if (
        not RefusedToken.objects.recent()
        .of_organisation(account.organisation_id)
        .exists()
    ):
        return ""
    found = refused_tokens(user, account).waiting().values("pk")[:MOST].count()
    if found >= MOST:
        return f"{MOST - 1}+"
    return str(found) if found else ""
