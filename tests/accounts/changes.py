"""What changes of an account left behind."""

from accounts.models import Account, AuditEvent


def events(account):
    rows = AuditEvent.objects.filter(organisation=account.organisation_id)
    return list(rows.order_by("sequence").values_list("action", flat=True))


def fresh(account):
    return Account.objects.select_related("organisation").get(pk=account.pk)
