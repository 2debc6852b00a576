"""Notices that fail, are tried again and arrive, once whoever sends them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.db import DatabaseError, connection
from django.utils import timezone

from accounts import outbox
from accounts.models import OutgoingMail
from gateway.models import Delivery, RefusedToken, Way
from gateway.notifications import content, dispatch
from tests.factories import BY, MembershipFactory

pytestmark = pytest.mark.django_db


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


def test_a_notice_is_kept_for_each_admin_when_it_is_noted(
    clock, refused, main, monkeypatch
):
    for _ in range(4):
        MembershipFactory(account=main)
    monkeypatch.setattr(outbox, "when_committed", lambda: None)
    refused()

    dispatch.send_due()

    assert OutgoingMail.objects.count() == main.memberships.count() >= 5
    assert RefusedToken.objects.get().mailed_at


def test_a_worker_whose_turn_is_over_tells_nobody(clock, later, refused, main):
    refused()
    slow = dispatch._claim(Way.MAIL, timezone.now())
    later(minutes=3)
    dispatch.send_due()

    # Before it looks at what is told already.
    rows = list(RefusedToken.objects.select_related("token"))
    dispatch._mail(slow, main, content.with_callers(rows), [(rows[0].pk, None)])

    assert len(mail.outbox) == 1


def test_a_notice_whose_note_fails_is_not_mailed(clock, refused, monkeypatch):
    refused()
    monkeypatch.setattr(outbox, "when_committed", lambda: None)

    def fail(*args, **kwargs):
        raise DatabaseError("away")

    monkeypatch.setattr(Delivery, "settle", fail)
    with pytest.raises(DatabaseError):
        dispatch.send_due()

    assert not OutgoingMail.objects.exists()
