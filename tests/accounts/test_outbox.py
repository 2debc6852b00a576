"""Mails wait in the database, and are sent once by whoever has the turn."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
import time_machine
from django.core import mail as sent
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import outbox
from accounts.crypto import mails
from accounts.mail import send
from accounts.models import OutgoingMail
from accounts.rule_violations import Unavailable
from gateway.verify import background
from tests.accounts.key_texts import OLD_ENC, key
from tests.factories import MembershipFactory

NEW = f"2:{key('n')}"
REAL = outbox.when_committed
ADMINS = 20


@pytest.fixture(autouse=True)
def _later(monkeypatch):
    """Leave mails to whoever delivers them in a test."""
    monkeypatch.setattr(outbox, "when_committed", REAL)
    outbox.woken.clear()


@pytest.fixture
def clock():
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def server(monkeypatch):
    """A mail server: it does what `server.does` does, and notes what it takes."""

    class Server:
        taken = []

        def does(self, mail):
            """Take it."""

    server = Server()

    def take(mail):
        server.does(mail)
        server.taken.append((*mail.to, mail.extra_headers["Message-ID"]))

    monkeypatch.setattr("accounts.mail_bodies.Mail.send", take)
    return server


def post(address="dana@acme.example", link="https://tollgate.example/secret-link"):
    send(address, "Choose a new password", "accounts/mail/reset.html", link=link)


def away(mail):
    raise SMTPServerDisconnected("gone\naway")


def test_a_mail_arrives_as_it_was_written(db):
    post()
    assert sent.outbox == []

    outbox.deliver_due()

    [mail] = sent.outbox
    assert (mail.to, mail.subject) == (
        ["dana@acme.example"],
        "[Tollgate] Choose a new password",
    )
    assert "https://tollgate.example/secret-link" in mail.body
    [(html, kind)] = mail.alternatives
    assert (kind, "secret-link" in html) == ("text/html", True)
    assert not OutgoingMail.objects.exists()


def test_a_mail_belongs_to_what_it_tells_of(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        post()
        transaction.set_rollback(True)
    assert not OutgoingMail.objects.exists()
    assert not outbox.woken.is_set()

    with django_capture_on_commit_callbacks(execute=True):
        post()
        assert not outbox.woken.is_set()

    assert outbox.woken.is_set()
    assert str(OutgoingMail.objects.get()) == "mail to dana@acme.example"


def test_the_database_does_not_say_what_is_in_a_mail(db):
    post()

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_outgoingmail")
        [row] = cursor.fetchall()
    kept = b"\0".join(
        bytes(each) if isinstance(each, bytes | memoryview) else str(each).encode()
        for each in row
    )
    assert b"secret-link" not in kept
    assert b"dana@acme.example" in kept


def test_what_fails_is_tried_again_within_ten_minutes_and_given_up_in_the_end(
    db, clock, server, caplog
):
    server.does = away
    post()
    waits = []
    while OutgoingMail.objects.waiting().exists():
        outbox.deliver_due()
        mail = OutgoingMail.objects.get()
        if mail.free_at:
            waits.append((mail.free_at - timezone.now()).total_seconds())
            clock.move_to(mail.free_at)

    assert waits[:7] == [10, 20, 40, 80, 160, 320, 600]
    assert set(waits[7:]) == {600}
    assert timezone.now() - mail.created_at <= timedelta(days=3, minutes=10)
    assert mail.answer == "SMTPServerDisconnected: gone\naway"
    assert bytes(mail.envelope) == b""
    assert "The mail to dana@acme.example could not be sent" in caplog.text
    assert "secret-link" not in caplog.text


def test_the_same_mail_has_the_same_id_at_each_try(db, clock, server):
    tried = []

    def fail_once(mail):
        tried.append(mail.extra_headers["Message-ID"])
        if len(tried) == 1:
            away(mail)

    server.does = fail_once
    post()
    outbox.deliver_due()
    outbox.deliver_due()
    assert len(tried) == 1

    clock.shift(10)
    outbox.deliver_due()

    assert len(tried) == 2
    assert len({*tried}) == 1


def test_a_server_that_is_away_is_not_asked_for_each_mail(db, server):
    tried = []

    def fail(mail):
        tried.append(mail.to)
        away(mail)

    server.does = fail
    post("a@acme.example")
    post("b@acme.example")

    outbox.deliver_due()

    assert tried == [["a@acme.example"]]


def test_one_address_that_is_refused_holds_nobody_up(db, server):
    def refuse(mail):
        if mail.to == ["a@acme.example"]:
            raise SMTPRecipientsRefused({})

    server.does = refuse
    post("a@acme.example")
    post("b@acme.example")

    outbox.deliver_due()

    assert [address for address, _ in server.taken] == ["b@acme.example"]
    assert OutgoingMail.objects.get().failures == 1


def test_a_mail_whose_key_is_not_there_waits(db, settings, server):
    post()
    settings.TOLLGATE_ENC_KEYS = NEW

    outbox.deliver_due()

    mail = OutgoingMail.objects.get()
    assert "encryption key 1 is not configured" in mail.answer
    assert server.taken == []
    with pytest.raises(Unavailable):
        mails.check_mails()


def test_a_worker_that_died_over_a_mail_is_relieved(db, clock, server):
    post()
    assert OutgoingMail.objects.take(outbox.LEASE)
    outbox.deliver_due()
    assert server.taken == []

    clock.shift(outbox.LEASE)
    outbox.deliver_due()

    assert len(server.taken) == 1


def test_a_turn_is_kept_while_sending_takes_long(db, clock):
    post()
    mail = OutgoingMail.objects.take(outbox.LEASE)
    late = OutgoingMail.objects.get()

    clock.shift(outbox.LEASE)
    assert mail.hold(timezone.now() + outbox.LEASE)

    assert OutgoingMail.objects.take(outbox.LEASE) is None
    # Whoever looked before has lost it.
    late.free_at = timezone.now()
    assert not late.hold(timezone.now() + outbox.LEASE)


def test_who_comes_too_late_for_a_mail_takes_the_next(db, monkeypatch):
    post("a@acme.example")
    post("b@acme.example")
    hold = OutgoingMail.hold

    def unless_first(mail, until):
        return mail.address != "a@acme.example" and hold(mail, until)

    monkeypatch.setattr(OutgoingMail, "hold", unless_first)

    assert OutgoingMail.objects.take(outbox.LEASE).address == "b@acme.example"


def test_a_turn_is_kept_by_a_thread_beside(monkeypatch, caplog):
    monkeypatch.setattr(outbox, "RENEWED_EVERY", 0.001)
    monkeypatch.setattr(outbox, "connection", Closed())
    held = threading.Event()

    class Slow:
        times = 0

        def hold(self, until):
            self.times += 1
            if self.times == 1:
                raise DatabaseError("away")
            held.set()

    with outbox.held(Slow()):
        assert held.wait(30)

    assert "A mail's turn could not be kept: away" in caplog.text


class Closed:
    def close(self):
        """There is none in this thread."""


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_each_of_many_admins_gets_one_mail_from_many_workers(main, server):
    for _ in range(ADMINS):
        MembershipFactory(account=main)
    for membership in main.memberships.select_related("user"):
        post(membership.user.email)
    barrier = threading.Barrier(4)

    def work(_number):
        barrier.wait()
        outbox.deliver_due()
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    assert len(server.taken) == len({address for address, _ in server.taken}) == ADMINS


def test_mails_move_to_a_new_key(db, settings, server):
    post()
    settings.TOLLGATE_ENC_KEYS = f"{NEW},{OLD_ENC}"
    assert (mails.count_mails("enc", 1), mails.count_mails("index", 1)) == (1, 0)

    call_command("rotate_keys", "--purpose=enc")

    settings.TOLLGATE_ENC_KEYS = NEW
    assert (mails.count_mails("enc", 1), mails.check_mails()) == (0, 1)
    outbox.deliver_due()
    assert len(server.taken) == 1


def test_what_was_given_up_is_forgotten_after_a_month(db, clock):
    post()
    OutgoingMail.objects.update(free_at=None)
    post()
    clock.shift(timedelta(days=30))
    assert outbox.forget() == "0 mails that could not be sent"

    clock.shift(1)

    assert outbox.forget() == "1 mails that could not be sent"
    assert OutgoingMail.objects.waiting().count() == 1


def test_mails_wait_for_a_database_that_is_away(monkeypatch, caplog):
    def fail():
        raise DatabaseError("away")

    monkeypatch.setattr(background.outbox, "deliver_due", fail)

    background.send_mails()

    assert "Mails wait for the database: away" in caplog.text


def test_a_command_sends_what_it_made_itself(db, server):
    post()
    outbox.deliver_own()
    assert server.taken == []

    outbox.woken.set()
    outbox.deliver_own()

    assert len(server.taken) == 1


def test_a_worker_wakes_at_once(monkeypatch):
    over, woken, done = threading.Event(), threading.Event(), []
    monkeypatch.setattr(background, "close_old_connections", lambda: None)
    twice = threading.Event()

    def task():
        done.append(1)
        if len(done) == 2:
            over.set()
            twice.set()

    background._every(100_000, task, over, woken)
    woken.set()

    assert twice.wait(30)
    # It goes on to its end.
    woken.set()
