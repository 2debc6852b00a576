"""Notices that fail, are tried again and arrive, once whoever sends them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from gateway.models import Delivery, RefusedToken, Way
from gateway.notifications import dispatch
from tests.factories import BY, MembershipFactory

pytestmark = pytest.mark.django_db
FAILING = "django.core.mail.backends.smtp.EmailBackend"


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
        dispatch.send_due()
        delivery = Delivery.objects.get(way=Way.MAIL)
        waits.append(delivery.free_at - timezone.now())
        clock.move_to(delivery.free_at + timedelta(seconds=1))
        RefusedToken.objects.update(last_seen_at=timezone.now())

    hours = timedelta(hours=6)
    least = [timedelta(minutes=minutes) for minutes in (1, 2, 4)] + [hours]
    seen = [*waits[:3], waits[-1]]
    assert [wait >= each for wait, each in zip(seen, least, strict=True)] == [True] * 4
    assert [wait < each * 1.2 for wait, each in zip(seen, least, strict=True)] == (
        [True] * 4
    )
    assert len({wait / hours for wait in waits[-3:]}) == 3
    assert delivery.failures == 12
    assert "could not be sent" in delivery.answer
    assert RefusedToken.objects.get().mailed_at is None


def test_after_failures_it_arrives(clock, later, refused, broken_mail, settings):
    refused()
    dispatch.send_due()
    settings.MAILERS = {
        "default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}
    }

    dispatch.send_due()
    assert mail.outbox == []
    later(minutes=2)
    dispatch.send_due()

    assert len(mail.outbox) == 1
    delivery = Delivery.objects.get(way=Way.MAIL)
    assert (delivery.failures, delivery.answer) == (0, "")
    assert str(delivery) == "mail to Acme"


def test_a_worker_that_died_over_it_is_relieved(clock, later, refused, main):
    refused()
    assert dispatch._claim(Way.MAIL, timezone.now())
    dispatch.send_due()
    assert mail.outbox == []

    later(minutes=3)
    dispatch.send_due()

    assert len(mail.outbox) == 1


def test_what_was_settled_since_it_was_looked_at_is_not_told(clock, refused):
    refused()
    delivery = dispatch._claim(Way.MAIL, timezone.now())
    RefusedToken.objects.get().dismiss(by=BY)

    dispatch._deliver(delivery)

    assert mail.outbox == []


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_one_of_many_workers_sends(refused):
    refused()
    barrier = threading.Barrier(6)

    def work(_number):
        barrier.wait()
        dispatch.send_due()
        connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))

    assert len(mail.outbox) == 1


def test_a_refused_address_does_not_keep_the_mail_from_others(
    clock, refused, main, monkeypatch
):
    MembershipFactory(account=main)
    sent = []

    def send(message):
        if message.to == ["admin@acme.example"]:
            raise SMTPRecipientsRefused({})
        sent.append(message.to)

    monkeypatch.setattr("accounts.mail_bodies.Mail.send", send)
    refused()
    dispatch.send_due()

    assert len(sent) == 1
    assert Delivery.objects.get(way=Way.MAIL).failures == 0
