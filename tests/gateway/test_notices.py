import hashlib
import hmac
import json
import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from gateway import letters, notices
from gateway.models import DeadToken, Delivery, Way, Webhook
from tests.factories import BY, ChildFactory, MembershipFactory, TokenFactory
from tests.gateway.receivers import receiving
from tests.gateway.uses import refuse

pytestmark = pytest.mark.django_db
FAILING = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def clock():
    """Time that stands still until it is told to go on."""
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def later(clock):
    return lambda **much: clock.shift(timedelta(**much))


@pytest.fixture
def refused(main, admin):
    """Let a deleted token be used now; returns it."""

    def refused(name="Terraform", account=main, **caller):
        token = TokenFactory(account=account, name=name)
        token.delete_softly(by=BY)
        refuse(token, **caller)
        return token

    return refused


def again(token, **caller):
    """Let a token be used once more, right now."""
    refuse(token, **caller)
    now = timezone.now()
    DeadToken.objects.filter(pk=token.pk).update(
        last_seen_at=now, first_seen_at=now - timedelta(hours=1)
    )


def test_admins_are_told_by_mail(clock, refused, main, settings):
    settings.APP_URL = "https://portal.example"
    token = refused(address="203.0.113.5")

    notices.send_due()

    (sent,) = mail.outbox
    assert sent.to == ["admin@acme.example"]
    assert sent.subject == "Refused calls: Terraform of Acme"
    link = reverse("gateway:dead", args=[main.pk])
    for words in (
        f"Terraform (API token {token.masked})",
        "It was deleted. 3 calls since 1 May 2026, 09:59 UTC, lately by 203.0.113.5.",
        f"https://portal.example{link}",
    ):
        assert words in sent.body


def test_each_token_is_told_of_once_a_day(clock, later, refused):
    token = refused()

    notices.send_due()
    notices.send_due()
    later(hours=23)
    again(token)
    notices.send_due()
    assert len(mail.outbox) == 1

    later(hours=2)
    again(token)
    notices.send_due()
    assert len(mail.outbox) == 2


def test_what_is_not_used_any_more_is_not_told_of_again(clock, later, refused):
    refused()
    notices.send_due()

    later(days=2)
    notices.send_due()

    assert len(mail.outbox) == 1


def test_what_begins_together_is_told_together(clock, later, refused):
    first = refused("First")
    now = timezone.now()
    DeadToken.objects.filter(pk=first.pk).update(first_seen_at=now, last_seen_at=now)
    notices.send_due()
    assert mail.outbox == []

    later(seconds=21)
    refused("Second")
    notices.send_due()

    (sent,) = mail.outbox
    assert sent.subject == "Refused calls: 2 tokens of Acme"
    assert "* First (" in sent.body
    assert "* Second (" in sent.body


def test_a_flood_of_tokens_is_one_mail_and_few_an_hour(
    clock, later, refused, monkeypatch
):
    monkeypatch.setattr(letters, "MOST_NAMED", 2)
    for number in range(4):
        refused(f"Token {number}")
    notices.send_due()
    assert "and 2 more." in mail.outbox[0].body

    for number in range(20):
        later(minutes=3)
        refused(f"Later {number}")
        notices.send_due()

    assert len(mail.outbox) == 1 + 4


@pytest.mark.parametrize("change", ["dismissed", "enabled"])
def test_what_is_settled_is_not_told_of(clock, refused, change):
    token = refused()
    if change == "dismissed":
        DeadToken.objects.get().dismiss(by=BY)
    else:
        token.restore(by=BY)

    notices.send_due()

    assert mail.outbox == []


def test_a_child_without_admins_is_told_to_those_of_the_main_account(
    clock, refused, main
):
    refused(account=ChildFactory(main=main, name="Open"))
    shut = ChildFactory(main=main, name="Shut", accessible=False)
    refused("Secret name", account=shut)

    notices.send_due()
    notices.send_due()

    assert [each.subject for each in mail.outbox] == [
        "Refused calls: Terraform of Open"
    ]
    assert Delivery.objects.get(account=shut).delivered_at


def test_other_reasons_and_callers_are_said_in_mails(clock, refused, main, admin):
    token = TokenFactory(account=main)
    refuse(token, "wrong_kind", signal="traces", address="")
    refuse(token, "wrong_kind", signal="traces", address="*")

    notices.send_due()

    body = mail.outbox[0].body
    assert "It was used to ship traces, which takes a tracing shipping token." in body
    assert "lately by an unknown address, others." in body


@pytest.fixture
def broken_mail(settings):
    """A mail server that nobody answers at."""
    settings.MAILERS = {
        "default": {"BACKEND": FAILING, "OPTIONS": {"host": "127.0.0.1", "port": 9}}
    }


def test_a_mail_that_fails_is_tried_again_ever_more_rarely(
    clock, later, refused, broken_mail
):
    refused()
    waits = []

    for _ in range(12):
        notices.send_due()
        delivery = Delivery.objects.get(way=Way.MAIL)
        waits.append(delivery.free_at - timezone.now())
        clock.move_to(delivery.free_at + timedelta(seconds=1))
        DeadToken.objects.update(last_seen_at=timezone.now())

    assert waits[:3] == [timedelta(minutes=minutes) for minutes in (1, 2, 4)]
    assert waits[-1] == timedelta(hours=6)
    assert delivery.failures == 12
    assert "could not be sent" in delivery.answer
    assert DeadToken.objects.get().mailed_at is None


def test_after_failures_it_arrives(clock, later, refused, broken_mail, settings):
    refused()
    notices.send_due()
    settings.MAILERS = {
        "default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}
    }

    notices.send_due()
    assert mail.outbox == []
    later(minutes=2)
    notices.send_due()

    assert len(mail.outbox) == 1
    delivery = Delivery.objects.get(way=Way.MAIL)
    assert (delivery.failures, delivery.answer) == (0, "")
    assert str(delivery) == "mail to Acme"


def test_a_worker_that_died_over_it_is_relieved(clock, later, refused, main):
    refused()
    assert notices._claim(Way.MAIL, timezone.now())
    notices.send_due()
    assert mail.outbox == []

    later(minutes=3)
    notices.send_due()

    assert len(mail.outbox) == 1


def test_what_was_settled_since_it_was_looked_at_is_not_told(clock, refused):
    refused()
    delivery = notices._claim(Way.MAIL, timezone.now())
    DeadToken.objects.get().dismiss(by=BY)

    notices._deliver(delivery)

    assert mail.outbox == []


@pytest.mark.postgresql
@pytest.mark.xdist_group("races")
@pytest.mark.django_db(transaction=True)
def test_one_of_many_workers_sends(refused):
    refused()
    barrier = threading.Barrier(6)

    def work(_number):
        barrier.wait()
        notices.send_due()
        connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))

    assert len(mail.outbox) == 1


@pytest.fixture
def hook(main, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    with receiving() as receiver:
        receiver.webhook = Webhook.add(main, receiver.url, by=BY)
        yield receiver


def test_a_webhook_is_called_once_and_signed(clock, refused, hook):
    refused()

    notices.send_due()
    notices.send_due()

    ((_, headers, body),) = hook.calls
    secret = hook.webhook.reveal(by=BY).reveal()
    text = headers["X-Tollgate-Timestamp"].encode() + b"." + body
    signature = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    assert headers["X-Tollgate-Signature"] == f"v1={signature}"
    assert headers["X-Tollgate-Event"] == "tokens.refused"


def test_a_webhook_is_told_whose_token_it_is(clock, refused, main, hook):
    refused()

    notices.send_due()

    said = json.loads(hook.calls[0][2])
    assert len(said.pop("id")) == 32
    assert len(said.pop("tokens")) == 1
    assert said == {
        "event": "tokens.refused",
        "created_at": "2026-05-01T10:00:00+00:00",
        "account": {"id": main.pk, "name": "Acme"},
        "page": letters.page_of(main),
        "total": 1,
    }


def test_a_webhook_is_told_of_each_token_with_its_callers(clock, refused, hook):
    token = refused(address="203.0.113.5")
    seen = "2026-05-01T09:59:00+00:00"

    notices.send_due()

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
    notices.send_due()

    delivery = Delivery.objects.get(way=Way.WEBHOOK)
    assert (delivery.answer, delivery.failures) == ("500 on fire", 1)
    assert DeadToken.objects.get().hooked_at is None

    hook.answer = (204, b"", ())
    later(minutes=2)
    notices.send_due()
    delivery.refresh_from_db()
    assert (delivery.answer, delivery.failures) == ("204", 0)
    assert json.loads(hook.calls[-1][2])["tokens"][0]["callers"][0]["address"] == (
        "others"
    )


def test_a_refused_address_does_not_keep_the_mail_from_others(
    clock, refused, main, monkeypatch
):
    MembershipFactory(account=main)
    sent = []

    def send(**message):
        if message["recipient_list"] == ["admin@acme.example"]:
            raise SMTPRecipientsRefused({})
        sent.append(message["recipient_list"])

    monkeypatch.setattr("accounts.mail.send_mail", send)
    refused()
    notices.send_due()

    assert len(sent) == 1
    assert Delivery.objects.get(way=Way.MAIL).failures == 0


def test_a_webhook_whose_key_is_missing_is_tried_again(clock, refused, hook, settings):
    refused()
    settings.TOLLGATE_ENC_KEYS = "2:" + b64encode(b"n" * 32).decode()

    notices.send_due()

    delivery = Delivery.objects.get(way=Way.WEBHOOK)
    assert "secret cannot be opened" in delivery.answer
    assert delivery.failures == 1


def test_a_webhook_that_was_just_removed_is_not_called(clock, refused, hook):
    refused()
    delivery = notices._claim(Way.WEBHOOK, timezone.now())
    webhooks = Webhook.objects.filter(account=delivery.account)
    assert notices._call(delivery.account, [], 0)[1]
    webhooks.delete()

    assert notices._call(delivery.account, [], 0) == ("It was removed", True)
    assert len(hook.calls) == 1
