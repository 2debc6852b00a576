"""Calling an account's webhook, as Standard Webhooks 1.0.0 has it.

Webhooks from before, whose secrets begin otherwise, get their old headers and fields
as well: those who receive them were built to these.
"""

import json
from base64 import b64encode
from http import HTTPStatus

from django.utils import timezone

from accounts.web.tracing import handed_on
from gateway.models.webhooks import sign
from gateway.notifications import http

REFUSED, ENDING, TEST = "tokens.refused", "tokens.ending", "test"


def call(webhook, event, data, *, message_id, occurred_at):
    """Send an event to a webhook and return the HttpAnswer.

    The same event has the same id each time that it is tried.
    """
    now = timezone.now()
    said = {"type": event, "timestamp": occurred_at.isoformat(), "data": data}
    before = webhook.secret_from_before
    if before:
        said |= {"id": message_id, "event": event, "created_at": now.isoformat()} | data
    text = json.dumps(said, ensure_ascii=False).encode()
    timestamp = str(int(now.timestamp()))
    headers = {"Content-Type": "application/json", "User-Agent": "Tollgate"}
    headers["traceparent"] = handed_on()
    headers |= _signed(webhook.secrets, message_id, timestamp, text)
    if before:
        headers |= _signed_as_before(before, event, timestamp, text)
    answer = http.post(webhook.url, text, headers)
    if answer.status == HTTPStatus.GONE:
        webhook.stop()
    return answer


def _signed(secrets, message_id, timestamp, text):
    signed = f"{message_id}.{timestamp}.".encode() + text
    signatures = [b64encode(sign(each, signed)).decode() for each in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }


def _signed_as_before(secret, event, timestamp, text):
    signature = sign(secret, f"{timestamp}.".encode() + text)
    return {
        "X-Tollgate-Event": event,
        "X-Tollgate-Timestamp": timestamp,
        "X-Tollgate-Signature": f"v1={signature.hex()}",
    }
