"""Calling an account's webhook, as Standard Webhooks 1.0.0 has it.

Webhooks from before, whose secrets begin otherwise, get their old headers and fields
as well: those who receive them were built to these.
"""

import json
from base64 import b64encode

from django.utils import timezone

from gateway.notifications import http

REFUSED, TEST = "tokens.refused", "test"


def call(webhook, event, data, *, message_id, occurred_at):
    """Send an event to a webhook and return the Answer.

    The same event has the same id each time that it is tried.
    """
    now = timezone.now()
    said = {"type": event, "timestamp": occurred_at.isoformat(), "data": data}
    if webhook.is_from_before:
        said |= {"id": message_id, "event": event, "created_at": now.isoformat()} | data
    text = json.dumps(said, ensure_ascii=False).encode()
    timestamp = str(int(now.timestamp()))
    headers = {"Content-Type": "application/json", "User-Agent": "Tollgate"}
    headers |= _signed(webhook, message_id, timestamp, text)
    if webhook.is_from_before:
        headers |= _signed_as_before(webhook, event, timestamp, text)
    answer = http.post(webhook.url, text, headers)
    if answer.is_gone:
        webhook.stop()
    return answer


def _signed(webhook, message_id, timestamp, text):
    signature = webhook.sign(f"{message_id}.{timestamp}.".encode() + text)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{b64encode(signature).decode()}",
    }


def _signed_as_before(webhook, event, timestamp, text):
    signature = webhook.sign(f"{timestamp}.".encode() + text)
    return {
        "X-Tollgate-Event": event,
        "X-Tollgate-Timestamp": timestamp,
        "X-Tollgate-Signature": f"v1={signature.hex()}",
    }
