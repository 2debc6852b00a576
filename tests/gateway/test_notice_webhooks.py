"""Notices to webhooks: what they are told, and how they fail."""

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import timedelta

import pytest
import standardwebhooks
import time_machine
from django.utils import timezone

from gateway.forms import WebhookForm
from gateway.models import Delivery, RefusedToken, Way, Webhook
from gateway.notifications import content, dispatch
from tests.factories import BY
from tokens.secrets import Secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def hook_from_before(hook):
    """A webhook whose secret was made before there was a standard."""
    secret = Secret("tgw_" + "ab" * 32)
    hook.webhook._keep(secret)
    hook.webhook.save()
    hook.secret = secret.reveal().encode()
    return hook


def test_a_webhook_is_called_once_and_verified_by_the_standards_library(
    clock, refused, main, hook
):
    refused()

    dispatch.send_due()
    dispatch.send_due()

    ((_, headers, body),) = hook.calls
    verifier = standardwebhooks.Webhook(hook.webhook.reveal(by=BY).reveal())
    said = verifier.verify(body, headers)
    assert not [name for name in headers if name.startswith("X-Tollgate")]
    assert len(said["data"].pop("tokens")) == 1
    assert said == {
        "type": "tokens.refused",
        "timestamp": "2026-05-01T09:59:00+00:00",
        "data": {
            "account": {"id": main.pk, "name": "Acme"},
            "page": content.page_of(main),
            "total": 1,
        },
    }
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        verifier.verify(body + b" ", headers)


def test_a_webhook_from_before_is_signed_and_told_in_both_ways(
    clock, refused, main, hook_from_before
):
    refused()

    dispatch.send_due()

    ((_, headers, body),) = hook_from_before.calls
    secret = hook_from_before.secret
    text = headers["X-Tollgate-Timestamp"].encode() + b"." + body
    signature = hmac.new(secret, text, hashlib.sha256).hexdigest()
    assert headers["X-Tollgate-Signature"] == f"v1={signature}"
    assert headers["X-Tollgate-Event"] == "tokens.refused"
    said = standardwebhooks.Webhook(b64encode(secret).decode()).verify(body, headers)
    data = said.pop("data")
    assert {name: said.pop(name) for name in data} == data
    assert said == {
        "type": "tokens.refused",
        "timestamp": "2026-05-01T09:59:00+00:00",
        "id": headers["webhook-id"],
        "event": "tokens.refused",
        "created_at": "2026-05-01T10:00:00+00:00",
    }


def test_a_new_secret_ends_the_ways_of_before_a_day_later(
    clock, later, refused, hook_from_before
):
    refused()
    hook_from_before.webhook.renew(by=BY)
    hook_from_before.answer = (500, b"", ())
    dispatch.send_due()
    later(hours=23)
    refused()
    dispatch.send_due()
    later(hours=2)
    refused()
    dispatch.send_due()

    *overlap, (_, headers, body) = hook_from_before.calls
    assert len(overlap) == 2
    for _, each, said in overlap:
        text = each["X-Tollgate-Timestamp"].encode() + b"." + said
        signature = hmac.new(hook_from_before.secret, text, hashlib.sha256)
        assert each["X-Tollgate-Signature"] == f"v1={signature.hexdigest()}"
    assert "X-Tollgate-Event" not in headers
    assert json.loads(body).keys() == {"type", "timestamp", "data"}


def test_the_old_secret_and_the_new_one_verify_for_a_day(clock, later, refused, hook):
    old = standardwebhooks.Webhook(hook.webhook.secret.reveal())
    hook.webhook.renew(by=BY)
    new = standardwebhooks.Webhook(hook.webhook.secret.reveal())
    refused()
    dispatch.send_due()
    later(hours=25)
    refused()
    dispatch.send_due()

    (_, first, said), (_, second, said_later) = hook.calls
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False):
        assert old.verify(said, first) == new.verify(said, first)
    assert new.verify(said_later, second)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        old.verify(said_later, second)


def test_a_secret_that_cannot_be_opened_can_be_renewed(hook):
    Webhook.objects.update(envelope=b"nothing that was sealed")
    webhook = Webhook.objects.get()

    webhook.renew(by=BY)

    assert len(Webhook.objects.get().secrets) == 1


def test_the_same_is_told_under_the_same_id_until_it_arrived(
    clock, later, refused, hook
):
    refused()
    hook.answer = (500, b"", ())
    dispatch.send_due()
    later(minutes=2)
    dispatch.send_due()
    refused()
    hook.answer = (200, b"", ())
    later(minutes=5)
    dispatch.send_due()

    first, again, more = [headers["webhook-id"] for _, headers, _ in hook.calls]
    assert first == again != more
    stamps = [headers["webhook-timestamp"] for _, headers, _ in hook.calls]
    assert len({*stamps}) == 3


def test_an_id_is_another_once_the_token_was_told_of(main, clock):
    ids = {content.message_id(main, [(1, told)]) for told in (None, timezone.now())}

    assert len(ids) == 2
    assert content.message_id(main, [(2, None), (1, None)]) == content.message_id(
        main, [(1, None), (2, None)]
    )


def test_a_receiver_that_is_gone_is_left_alone_until_it_is_saved_again(
    clock, later, refused, main, hook
):
    refused()
    hook.answer = (410, b"", ())
    dispatch.send_due()
    hook.answer = (200, b"", ())
    later(hours=1)
    dispatch.send_due()
    assert len(hook.calls) == 1

    form = WebhookForm({"url": hook.url})
    assert form.is_valid()
    form.point(main, by=BY)
    dispatch.send_due()
    assert len(hook.calls) == 2


def test_a_receiver_that_moved_meanwhile_is_not_gone(hook):
    Webhook.objects.update(url="https://other.example/")

    hook.webhook.stop()

    assert Webhook.objects.wanted().exists()


@pytest.mark.parametrize(
    ("asked", "minutes"),
    [("600", 10), ("1", 1), ("soon", 1), ("9999999", 24 * 60), ("1" * 99, 1)],
)
def test_a_receiver_says_how_long_to_wait(clock, refused, hook, asked, minutes):
    refused()
    hook.answer = (503, b"", (("Retry-After", asked),))

    dispatch.send_due()

    wait = Delivery.objects.get(way=Way.WEBHOOK).free_at - timezone.now()
    least = timedelta(minutes=minutes)
    assert least <= wait <= least * 1.2


def test_a_webhook_is_told_of_each_token_with_its_callers(clock, refused, hook):
    token = refused(address="203.0.113.5")
    seen = "2026-05-01T09:59:00+00:00"

    dispatch.send_due()

    (said,) = json.loads(hook.calls[0][2])["data"]["tokens"]
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
    assert RefusedToken.objects.get().hooked_at is None

    hook.answer = (204, b"", ())
    later(minutes=2)
    dispatch.send_due()
    delivery.refresh_from_db()
    assert (delivery.answer, delivery.failures) == ("204", 0)
    assert json.loads(hook.calls[-1][2])["data"]["tokens"][0]["callers"][0][
        "address"
    ] == ("others")


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
    (row,) = content.with_callers(list(RefusedToken.objects.all()))
    assert dispatch._call(delivery.account, [row], [(row.pk, None)]).is_fine
    webhooks.delete()

    assert dispatch._call(delivery.account, [], []) == (
        "It was removed",
        True,
        timedelta(),
    )
    assert len(hook.calls) == 1
