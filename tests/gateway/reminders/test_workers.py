"""Of many workers, one tells."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from accounts.clock import clock as shared_clock
from gateway.models import Reminder, Way
from gateway.notifications import due_reminders
from gateway.notifications.reminders import SENDERS, send_due
from tests.factories import BY, TokenFactory
from tests.gateway.reminders.told import subjects, told

pytestmark = pytest.mark.django_db


def test_while_one_sends_nobody_else_does(ending, hook, monkeypatch, later):
    ending()

    def slowly(send):
        def send_slowly(*what):
            later(minutes=5)
            send_due()
            return send(*what)

        return send_slowly

    for way, send in SENDERS.items():
        monkeypatch.setitem(SENDERS, way, slowly(send))
    send_due()

    assert len(mail.outbox) == len(hook.calls) == 1
    assert told().count() == 2


def test_of_two_claims_one_is_good(main, clock, later):
    claim = Reminder.objects.claim
    now = timezone.now()

    assert claim(main.pk, Way.MAIL, now).account == main
    assert claim(main.pk, Way.MAIL, now) is None
    assert claim(main.pk, Way.WEBHOOK, now)
    later(minutes=14)
    assert claim(main.pk, Way.MAIL, timezone.now()) is None
    later(minutes=2)
    assert claim(main.pk, Way.MAIL, timezone.now())


def test_who_looked_the_day_before_does_not_send_again(ending, later):
    ending(1)
    yesterday = timezone.now()
    later(days=1, hours=-1)
    send_due()

    assert (
        Reminder.objects.claim(Reminder.objects.get().account_id, Way.MAIL, yesterday)
        is None
    )


def test_a_worker_that_died_over_it_is_relieved(ending, main, later):
    ending()
    assert Reminder.objects.claim(main.pk, Way.MAIL, timezone.now())
    send_due()
    assert mail.outbox == []

    later(minutes=16)
    send_due()

    assert len(mail.outbox) == 1


def test_what_was_changed_since_it_was_looked_at_is_not_told(
    ending, monkeypatch, later
):
    token = ending()
    due = due_reminders.due

    def due_and_gone(way, now):
        found = due(way, now)
        if found:
            token.set_expiry(None, by=BY)
        return found

    monkeypatch.setattr(due_reminders, "due", due_and_gone)
    send_due()

    assert mail.outbox == []


def test_a_worker_whose_turn_is_over_tells_nobody(ending, main, later):
    ending()
    slow = Reminder.objects.claim(main.pk, Way.MAIL, timezone.now())
    ends = due_reminders.of(main, Way.MAIL, timezone.now())
    later(minutes=16)
    send_due()

    assert SENDERS[Way.MAIL](slow, ends)

    assert len(mail.outbox) == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_one_of_many_workers_sends(main, admin):
    long_ago = timezone.now() - timedelta(hours=1)
    ends = timezone.now() + timedelta(days=3)
    token = TokenFactory(account=main, expires_at=ends)
    type(token).objects.update(updated_at=long_ago)
    barrier = threading.Barrier(6)

    def work(_number):
        barrier.wait()
        send_due()
        connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))

    assert len(mail.outbox) == told().count() == 1


def test_days_are_those_of_the_shared_clock(ending, monkeypatch):
    ending(4)
    send_due()
    assert mail.outbox != []

    mail.outbox.clear()
    shared_clock.offset = 86_400.0
    send_due()

    assert subjects() == ["“Terraform” of “Acme” ends in 3 days"]
