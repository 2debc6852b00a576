"""Webhooks that are told ahead of an end, and what fails."""

import pytest
import standardwebhooks
from django.core import mail
from django.utils import timezone

from accounts.models import Membership, OutgoingMail
from accounts.rule_violations import Unavailable
from gateway.models import Reminder, Way, Webhook
from gateway.notifications import due_reminders, webhook_calls
from gateway.notifications.reminders import send_due
from tests.factories import MainFactory
from tests.gateway.reminders.told import subjects, told

pytestmark = pytest.mark.django_db


def test_a_webhook_is_told_in_the_standards_form(ending, hook, main, settings):
    settings.APP_URL = "https://portal.example"
    token = ending()

    send_due()
    send_due()

    ((_, headers, body),) = hook.calls
    sent = standardwebhooks.Webhook(hook.webhook.secret.reveal()).verify(body, headers)
    assert sent == {
        "type": "tokens.ending",
        "timestamp": "2026-05-01T00:00:00+00:00",
        "data": {
            "account": {"id": main.pk, "name": "Acme"},
            "page": f"https://portal.example/accounts/{main.pk}/tokens/shipping/",
            "total": 1,
            "tokens": [
                {
                    "id": token.pk,
                    "name": "Terraform",
                    "kind": "api",
                    "masked": token.masked,
                    "ends_at": "2026-05-04T10:00:00+00:00",
                    "days_left": 3,
                    "because": "expiry",
                    "last_used_at": None,
                }
            ],
            "trial": None,
        },
    }


def test_a_webhook_that_fails_is_tried_again_under_the_same_id(ending, hook, later):
    ending()
    hook.answer = (500, b"on fire", ())
    send_due()
    reminder = Reminder.objects.get(way=Way.WEBHOOK)
    assert (reminder.answer, reminder.failures) == ("500 on fire", 1)
    assert reminder.sent_on is None

    hook.answer = (204, b"", ())
    send_due()
    assert len(hook.calls) == 1
    later(minutes=2)
    send_due()
    later(hours=1)
    send_due()

    first, again = [headers["webhook-id"] for _, headers, _ in hook.calls]
    assert first == again
    # It was told by mail once, whatever became of the webhook.
    assert len(mail.outbox) == 1
    assert [event.data["way"] for event in told()] == ["mail", "webhook"]


def test_a_receiver_that_is_gone_is_left_alone(ending, hook, later):
    ending()
    hook.answer = (410, b"", ())
    send_due()
    later(days=1)

    send_due()

    assert len(hook.calls) == 1


def test_a_webhook_that_was_just_removed_is_not_called(ending, hook, monkeypatch):
    ending()
    of = due_reminders.of

    def of_removed(account, way, now):
        found = of(account, way, now)
        if way == Way.WEBHOOK:
            Webhook.objects.all().delete()
        return found

    monkeypatch.setattr(due_reminders, "of", of_removed)
    send_due()

    assert hook.calls == []
    assert Reminder.objects.get(way=Way.WEBHOOK).answer == "It was removed"


def test_a_webhook_whose_secret_cannot_be_opened_is_waited_for(
    ending, hook, monkeypatch
):
    def call(*_, **options):
        raise Unavailable("no_key", "The secret cannot be opened")

    ending()
    monkeypatch.setattr(webhook_calls, "call", call)
    send_due()

    reminder = Reminder.objects.get(way=Way.WEBHOOK)
    assert (reminder.answer, reminder.failures) == ("The secret cannot be opened", 1)
    assert str(reminder) == "webhook to Acme"


def test_who_fails_waits_and_the_others_are_told_the_next_time(
    ending, main, later, monkeypatch
):
    ending()
    ending(account=MainFactory(name="Nobody's"))
    Membership.objects.filter(account=main).update(suspended_at=timezone.now())
    send_due()
    assert Reminder.objects.get().answer == "The account has no admin"

    Membership.objects.update(suspended_at=None)
    send_due()
    assert mail.outbox == []
    later(minutes=2)
    send_due()

    assert subjects() == ["“Terraform” of “Acme” ends in 3 days"]
    assert told().get().account == main


def test_a_mail_server_that_is_away_is_waited_for(ending, main, settings):
    ending()
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 9},
        }
    }

    send_due()

    assert told().get().account == main
    assert OutgoingMail.objects.get().failures == 1
