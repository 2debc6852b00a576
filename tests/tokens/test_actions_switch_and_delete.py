from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import BY, TokenFactory
from tests.tokens.actions import HTMX, again, url
from tokens.kinds import Kind
from tokens.models import Token, TokenUsage

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


def test_switch_turns_a_token_off_and_on(as_admin, token):
    off = as_admin.post(url("disable", token), headers=HTMX).content.decode()
    assert 'aria-checked="false"' in off
    assert url("enable", token) in off

    on = as_admin.post(url("enable", token), headers=HTMX).content.decode()
    assert 'aria-checked="true"' in on
    assert url("disable", token) in on


def test_staff_say_why(client, main, token, staff):
    client.force_login(staff)

    response = client.post(url("disable", token), headers=HTMX)

    assert response.status_code == 422
    assert b"Say why, for the admins of the account." in response.content
    assert again(token).disabled_at is None


def test_disabling_asks_staff_for_the_reason_in_a_dialog(client, main, token, staff):
    client.force_login(staff)

    html = client.get(url("disable", token)).content.decode()

    assert "until an admin of <bdi>Acme</bdi> enables it again" in html


def test_switch_of_the_second_log_token_locks_the_first(as_admin, main):
    first, second = main.tokens.get(), TokenFactory(account=main, kind=Kind.LOGS)

    html = as_admin.post(url("disable", second), headers=HTMX).content.decode()

    assert f'<tr id="token-{first.pk}" data-state="active" hx-swap-oob="true">' in html
    assert url("disable", first) not in html
    assert "1 of 15 enabled" in html


@pytest.mark.parametrize("verb", ["disable", "delete"])
@pytest.mark.parametrize("headers", [None, HTMX])
def test_last_enabled_log_token_refuses_when_forced(as_admin, main, verb, headers):
    token = main.tokens.get()

    response = as_admin.post(url(verb, token), headers=headers)

    assert response.status_code == 409
    assert b"last enabled log shipping token" in response.content
    assert again(token).state == "active"


@pytest.fixture
def used(token):
    """The token, used in the last days by two callers."""
    Token.objects.filter(pk=token.pk).update(
        last_used_at=timezone.now() - timedelta(days=1), last_used_address="192.0.2.1"
    )
    for address, calls in [("192.0.2.1", 1200), ("192.0.2.2", 34)]:
        TokenUsage.objects.create(
            token=token,
            hour=timezone.now() - timedelta(hours=30),
            address=address,
            agent="curl/8",
            calls=calls,
        )
    return again(token)


@pytest.mark.parametrize("verb", ["rotate", "delete"])
def test_dialog_says_who_would_notice(as_admin, used, verb):
    html = as_admin.get(url(verb, used)).content.decode()

    assert "1,234 by 2 callers from 2 addresses" in html
    assert "192.0.2.2" in html
    assert "curl/8" in html


def test_delete_dialog_offers_to_disable_instead(as_admin, token):
    assert url("disable", token) in as_admin.get(url("delete", token)).content.decode()

    token.disable(by=BY)

    html = as_admin.get(url("delete", token)).content.decode()
    assert url("disable", token) not in html


@pytest.mark.parametrize(
    ("typed", "status"),
    [(None, 422), ("", 422), ("terraform", 422), (" Terraform ", 302)],
)
def test_name_is_typed_to_delete_what_is_in_use(as_admin, used, typed, status):
    data = {} if typed is None else {"typed": typed}

    response = as_admin.post(url("delete", used), data)

    assert response.status_code == status
    assert again(used).is_not_deleted == (status == 422)


def test_name_is_not_asked_for_what_was_not_used_lately(as_admin, used):
    eight_days_ago = timezone.now() - timedelta(days=8)
    Token.objects.filter(pk=used.pk).update(last_used_at=eight_days_ago)

    assert b"to confirm" not in as_admin.get(url("delete", used)).content
    assert as_admin.post(url("delete", used)).status_code == 302


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_switch_that_was_drawn_for_an_unused_token_asks_once_it_is_used(
    as_admin, token, headers
):
    Token.objects.filter(pk=token.pk).update(last_used_at=timezone.now())

    response = as_admin.post(url("disable", token), {"unused": "1"}, headers=headers)

    assert f"Disable <bdi>{token.name}</bdi>?" in response.text
    assert response.headers.get("HX-Retarget") == ("#modal" if headers else None)
    assert again(token).disabled_at is None
