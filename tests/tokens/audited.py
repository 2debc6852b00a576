"""What the audit trail says of a token."""

from accounts.models import AuditEvent


def actions(token):
    events = AuditEvent.objects.filter(token_id=token.pk).order_by("pk")
    return list(events.values_list("action", flat=True))
