"""Notices to webhooks: what they are told, and how they fail."""

import hashlib
import hmac
import json
from base64 import b64encode

import pytest
from django.utils import timezone

from gateway.models import DeadToken, Delivery, Way, Webhook
from gateway.notifications import content, dispatch
from tests.factories import BY
from tests.gateway.receivers import receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def hook(main, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    with receiving() as receiver:
        receiver.webhook = Webhook.add(main, receiver.url, by=BY)
        yield receiver


def test_a_webhook_is_called_once_and_signed(clock, refused, hook):
    refused()

    dispatch.send_due()
    dispatch.send_due()

    ((_, headers, body),) = hook.calls
    secret = hook.webhook.reveal(by=BY).reveal()
    text = headers["X-Tollgate-Timestamp"].encode() + b"." + body
    signature = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    assert headers["X-Tollgate-Signature"] == f"v1={signature}"
    assert headers["X-Tollgate-Event"] == "tokens.refused"


def test_a_webhook_is_told_whose_token_it_is(clock, refused, main, hook):
    refused()

    dispatch.send_due()

    said = json.loads(hook.calls[0][2])
    assert len(said.pop("id")) == 32
    assert len(said.pop("tokens")) == 1
    assert said == {
        "event": "tokens.refused",
        "created_at": "2026-05-01T10:00:00+00:00",
        "account": {"id": main.pk, "name": "Acme"},
        "page": content.page_of(main),
        "total": 1,
    }


def test_a_webhook_is_told_of_each_token_with_its_callers(clock, refused, hook):
    token = refused(address="203.0.113.5")
    seen = "2026-05-01T09:59:00+00:00"

    dispatch.send_due()

    (said,) = json.loads(hook.calls[0][2])["tokens"]
    caller = {"address": "203.0.113.5", "agent": "curl/8", "calls": 3}
    assert said.pop("callers") == [caller | {"last_seen_at": seen}]
    assert said == {
        "id": token.pk,
        "name": "Terraform",
        "masked": token.masked,
        "kind": "api",
        "reason": "deleted",
        "tried_to": "call the API",
        "calls": 3,
        "first_seen_at": seen,
        "last_seen_at": seen,
    }


def test_a_webhook_that_fails_keeps_what_there_is_to_tell(clock, later, refused, hook):
    refused(address="*")
    hook.answer = (500, b"on fire", ())
    dispatch.send_due()

    delivery = Delivery.objects.get(way=Way.WEBHOOK)
    assert (delivery.answer, delivery.failures) == ("500 on fire", 1)
    assert DeadToken.objects.get().hooked_at is None

    hook.answer = (204, b"", ())
    later(minutes=2)
    dispatch.send_due()
    delivery.refresh_from_db()
    assert (delivery.answer, delivery.failures) == ("204", 0)
    assert json.loads(hook.calls[-1][2])["tokens"][0]["callers"][0]["address"] == (
        "others"
    )


def test_a_webhook_whose_key_is_missing_is_tried_again(clock, refused, hook, settings):
    refused()
    settings.TOLLGATE_ENC_KEYS = "2:" + b64encode(b"n" * 32).decode()

    dispatch.send_due()

    delivery = Delivery.objects.get(way=Way.WEBHOOK)
    assert "secret cannot be opened" in delivery.answer
    assert delivery.failures == 1


def test_a_webhook_that_was_just_removed_is_not_called(clock, refused, hook):
    refused()
    delivery = dispatch._claim(Way.WEBHOOK, timezone.now())
    webhooks = Webhook.objects.filter(account=delivery.account)
    assert dispatch._call(delivery.account, [], 0)[1]
    webhooks.delete()

    assert dispatch._call(delivery.account, [], 0) == ("It was removed", True)
    assert len(hook.calls) == 1
