"""Log shipping tokens as they look in answers, and what the audit trail tells."""

from accounts.models import AuditEvent
from tests.api.calls import coded
from tests.api.moment import SECONDS

TOKENS = "/v1/log-shipping/tokens"


def wire(token, **changes):
    """Return a token of this test as it looks in an answer."""
    return {
        "id": token.pk,
        "name": token.name,
        "token": token.secret_text,
        "enabled": True,
        "createdAt": SECONDS,
        "createdBy": "factory@example.com",
        "updatedAt": SECONDS,
        "updatedBy": "factory@example.com",
    } | changes


def events():
    """Return what the API's tokens did, by the audit trail."""
    return [
        (event.action, event.target)
        for event in AuditEvent.objects.exclude(actor_token_id=None).order_by("pk")
    ]


def not_found(pk):
    message = f"log shipping token {pk} not found"
    return coded("log-shipping-token/NOT_FOUND", message, status=404)
