"""Tests that people send to a webhook, beside requests."""

import json
import threading
from datetime import timedelta

import pytest
import time_machine

from gateway.models import Delivery, Webhook
from gateway.notifications import webhook_tests
from gateway.notifications.webhook_tests import BETWEEN_TESTS
from tests.factories import BY
from tests.gateway.receivers import receiving
from tests.gateway.webhook_pages import HTMX, at


@pytest.fixture
def receiver(main, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    with receiving(status=200, body=b"<b>thanks</b>") as receiver:
        Webhook.add(main, receiver.url, by=BY)
        yield receiver


def test_a_test_shows_the_answer(as_admin, main, receiver):
    response = as_admin.post(at(main, "test"), headers=HTMX)

    ((_, _, body),) = receiver.calls
    assert json.loads(body)["type"] == "test"
    assert "<code>200 &lt;b&gt;thanks&lt;/b&gt;</code>" in response.text
    assert "Last sent" in response.text
    assert "Last sent" in as_admin.get(at(main)).text


def test_a_test_works_without_htmx(as_admin, main, receiver):
    assert as_admin.post(at(main, "test")).url == at(main)

    page = as_admin.get(at(main)).text
    assert "The webhook is called" in page
    assert "<code>200 " in page


def test_a_test_that_fails_says_why(as_admin, main, webhook):
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        Webhook.objects.update(url="https://127.0.0.1:9/")
        swapped = as_admin.post(at(main, "test"), headers=HTMX)
        clock.shift(BETWEEN_TESTS + timedelta(seconds=1))
        as_admin.post(at(main, "test"))
        page = as_admin.get(at(main)).text

    assert "127.0.0.1 is not on the public internet" in swapped.text
    assert "Not delivered" in page
    assert "Failing" in page
    assert Delivery.objects.get().failures == 2


def test_the_page_says_that_a_receiver_is_gone(as_admin, main, receiver):
    receiver.answer = (410, b"", ())

    as_admin.post(at(main, "test"))

    page = as_admin.get(at(main)).text
    assert "The receiver answered that it is gone" in page
    assert "Save and send again" in page
    as_admin.post(at(main), {"url": receiver.url})
    assert "Change address" in as_admin.get(at(main)).text


def test_an_answer_without_a_text_is_shown_as_that(as_admin, main, receiver):
    receiver.answer = (204, b"", ())

    response = as_admin.post(at(main, "test"), headers=HTMX)

    assert "<code>204</code>" in response.text


def test_nobody_floods_a_receiver_with_tests(as_admin, main, receiver):
    statuses = [as_admin.post(at(main, "test")).status_code for _ in range(3)]

    assert statuses == [302, 409, 409]
    assert len(receiver.calls) == 1


class Later(list):
    """Keeps what is to be done beside requests until a test does it."""

    def submit(self, run, *args):
        self.append((run, args))


def test_what_is_done_beside_requests_keeps_no_connection(monkeypatch):
    given_back = []
    monkeypatch.setattr(
        webhook_tests,
        "close_old_connections",
        lambda: given_back.append(threading.current_thread().name),
    )

    with webhook_tests.Beside(1, thread_name_prefix="beside") as beside:
        done, failed = beside.submit(int, "1"), beside.submit(int, "one")

    assert done.result() == 1
    assert isinstance(failed.exception(), ValueError)
    assert given_back == ["beside_0"] * 2


@pytest.fixture
def later(monkeypatch):
    monkeypatch.setattr(webhook_tests, "beside", Later())
    return webhook_tests.beside


def test_no_request_waits_for_the_receiver(as_admin, main, receiver, later):
    swapped = as_admin.post(at(main, "test"), headers=HTMX).text
    before = as_admin.get(at(main)).text
    calls = len(receiver.calls)
    for run, args in later:
        run(*args)
    after = as_admin.get(at(main)).text

    assert calls == 0
    assert "Waiting for the receiver" in swapped
    assert 'hx-trigger="load delay:1s"' in swapped
    assert "Waiting for the receiver" in before
    assert "<code>200 " in after
    assert "Waiting" not in after


def test_a_test_that_nobody_ran_is_not_waited_for(as_admin, main, webhook, later):
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        as_admin.post(at(main, "test"))
        clock.shift(timedelta(minutes=1))
        page = as_admin.get(at(main)).text

    assert "Waiting" not in page


def test_an_organisation_tests_one_webhook_at_a_time(as_admin, main, sub, receiver):
    Webhook.add(sub, receiver.url, by=BY)

    statuses = [as_admin.post(at(each, "test")).status_code for each in (main, sub)]

    assert statuses == [302, 409]


def test_a_webhook_that_was_removed_meanwhile_is_not_called(
    as_admin, main, receiver, later
):
    as_admin.post(at(main, "test"))
    Webhook.objects.all().delete()
    for run, args in later:
        run(*args)

    assert receiver.calls == []


def test_a_secret_that_cannot_be_opened_is_the_answer(as_admin, main, webhook):
    Webhook.objects.update(envelope=b"nothing that was sealed")

    as_admin.post(at(main, "test"))

    assert "secret cannot be opened" in as_admin.get(at(main)).text
