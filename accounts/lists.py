"""The lists of other accounts that an account has, in the order they were given in."""

from accounts.models import LOG_KINDS, Account, AccountKind

LISTS = ("sharing_objects_accounts", "authorized_accounts", "accounts_to_scan")
READERS = (*LOG_KINDS, AccountKind.SECURITY)


def candidates(account, name):
    """Return the accounts that may be on a list: others of the organisation."""
    accounts = account.organisation.accounts.not_deleted()
    kinds = READERS if name == "authorized_accounts" else LOG_KINDS
    return accounts.of_kind(*kinds).exclude(pk=account.pk)


def listed(name, accounts):
    """Return what stands on one list of each of some accounts, by the account's id."""
    found = {account.pk: [] for account in accounts}
    rows = _rows(name).filter(from_account__in=found, to_account__deleted_at=None)
    for row in rows.select_related("to_account").order_by("pk"):
        found[row.from_account_id].append(row.to_account)
    return found


def write(account, name, accounts):
    """Replace a list; return its ids before and after, in their order."""
    rows = _rows(name).filter(from_account=account)
    old = list(rows.order_by("pk").values_list("to_account", flat=True))
    new = [each.pk for each in accounts]
    if old != new:
        rows.delete()
        _rows(name).bulk_create(
            rows.model(from_account=account, to_account_id=pk) for pk in new
        )
    return old, new


def _rows(name):
    return getattr(Account, name).through.objects.all()
