"""A token that was never used waits for its first call, and says when it comes."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from tests.factories import BY, TokenFactory
from tests.gateway.uses import refuse
from tests.tokens.uses import page, use
from tokens.kinds import Kind
from tokens.views.first_call import ASKED_FOR

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Fluentd", kind=Kind.LOGS)


@pytest.fixture
def poll(as_admin, token):
    """Open the page and return where it asks again."""
    html = as_admin.get(page(token)).content.decode()
    part = html.partition('data-signal="')[2].partition('hx-get="')[2]
    return part.partition('"')[0].replace("&amp;", "&")


def test_an_unused_token_waits(as_admin, token):
    html = as_admin.get(page(token)).content.decode()

    assert 'data-signal="waiting" hx-get="' in html
    assert 'hx-trigger="every 2.5s"' in html
    assert "Waiting for the first call" in html


def test_a_used_token_does_not_wait(as_admin, token):
    use(token)

    html = as_admin.get(page(token)).content.decode()

    assert "data-signal" not in html
    assert "every 2.5s" not in html


def test_a_stopped_token_says_that_calls_are_refused(as_admin, main, token):
    TokenFactory(account=main, kind=Kind.LOGS)
    token.disable(by=BY)

    html = as_admin.get(page(token)).content.decode()

    assert "Never used" in html
    assert "As it is now, calls with it are refused." in html


def test_a_deleted_token_waits_for_nothing(as_admin, main, token):
    token.delete_softly(by=BY)

    html = as_admin.get(page(token)).content.decode()

    assert "data-signal" not in html


def test_nothing_is_answered_while_nothing_happens(
    as_admin, poll, django_assert_num_queries
):
    events = AuditEvent.objects.count()
    as_admin.get(poll)

    with django_assert_num_queries(6):
        response = as_admin.get(poll)

    assert (response.status_code, response.content) == (204, b"")
    assert "no-store" in response["Cache-Control"]
    assert AuditEvent.objects.count() == events


def test_the_first_call_is_told_with_where_it_came_from(as_admin, token, poll):
    use(token, caller=("192.0.2.9", "Fluent-Bit"))

    html = as_admin.get(poll).content.decode()

    assert "The first call has come" in html
    assert "<code>192.0.2.9</code> by <bdi>Fluent-Bit</bdi>" in html
    assert '<dd id="last-use" hx-swap-oob="true">' in html
    assert 'id="usage" hx-swap-oob="true"' in html
    assert "every 2.5s" not in html
    assert "<html" not in html


def test_a_call_of_nobody_known_is_told_too(as_admin, token, poll):
    use(token, caller=("", ""))

    html = as_admin.get(poll).content.decode()

    told = html.partition("The first call has come")[2].partition("</p>")[0]
    assert "from" not in told
    assert "by" not in told


@pytest.mark.parametrize(
    ("reason", "signal", "words"),
    [
        ("wrong_kind", "metrics", "It was used to ship metrics, which takes a metrics"),
        ("wrong_kind", "query-logs", "which takes an API token or a shared token."),
        ("disabled", "logs", "It is disabled."),
        ("account_stopped", "logs", "The account is suspended or deleted."),
    ],
)
def test_a_refused_call_is_told_with_its_reason(
    as_admin, token, poll, reason, signal, words
):
    refuse(token, reason, signal=signal)

    html = as_admin.get(poll).content.decode()

    assert 'data-signal="refused" hx-get="' in html
    assert words in html
    assert "<code>192.0.2.7</code> by <bdi>curl/8</bdi>" in html
    assert "Still waiting for one that works." in html


def test_refused_calls_of_nobody_known_are_told_too(as_admin, token, poll):
    refuse(token, "wrong_kind", signal="metrics", address="*")

    html = as_admin.get(poll).content.decode()

    assert "from <code>" not in html


def test_a_refused_call_is_told_once_a_minute(as_admin, token, poll):
    refuse(token, "wrong_kind", signal="metrics")
    told = as_admin.get(poll).content.decode()
    again = told.partition('hx-get="')[2].partition('"')[0].replace("&amp;", "&")

    same = as_admin.get(again)
    refuse(token, "wrong_kind", signal="traces")
    other = as_admin.get(again)

    assert (same.status_code, other.status_code) == (204, 200)
    assert "ship traces" in other.content.decode()


def test_a_page_that_is_left_open_stops_asking(as_admin, poll):
    with time_machine.travel(timezone.now() + ASKED_FOR + timedelta(seconds=1)):
        html = as_admin.get(poll).content.decode()

    assert 'data-signal="over"' in html
    assert "look again" in html
    assert "hx-get" not in html


@pytest.mark.parametrize("value", ["", "0", "x", "-1", "9" * 40, "\x00"])
def test_what_makes_no_sense_is_as_if_it_were_not_there(as_admin, token, value):
    address = reverse("tokens:first_call", args=[token.account_id, token.pk])

    response = as_admin.get(address, {"since": value, "seen": value})

    assert response.status_code == 200
    assert "Waiting for the first call" in response.content.decode()


def test_gateway_tokens_wait_too(client, staff):
    gateway = TokenFactory(account=None, kind=Kind.GATEWAY)
    client.force_login(staff)

    html = client.get(page(gateway)).content.decode()
    address = html.partition('data-signal="waiting" hx-get="')[2].partition('"')[0]

    assert client.get(address.replace("&amp;", "&")).status_code == 204
