"""Calling an account's webhook, signed so that the receiver can tell it is us."""

import json
from uuid import uuid4

from django.utils import timezone

from gateway.notifications import http

REFUSED, TEST = "tokens.refused", "test"


def call(webhook, event, body):
    """Send an event to a webhook and return the Answer."""
    now = timezone.now()
    said = {"id": uuid4().hex, "event": event, "created_at": now.isoformat()} | body
    text = json.dumps(said, ensure_ascii=False).encode()
    timestamp = str(int(now.timestamp()))
    signature = webhook.sign(f"{timestamp}.".encode() + text)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Tollgate",
        "X-Tollgate-Event": event,
        "X-Tollgate-Timestamp": timestamp,
        "X-Tollgate-Signature": f"v1={signature}",
    }
    return http.post(webhook.url, text, headers)
