"""Signing in while somebody guesses."""

import pytest
import time_machine
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import Action
from accounts.rate_limits.attempts import (
    ENTRANCE,
    ENTRANCE_NOWHERE,
    RESET_ADDRESS,
    RESET_NOWHERE,
    attempt,
)
from accounts.rate_limits.attempts import PASSWORD as PASSWORD_STEP
from accounts.rate_limits.limiter import spend
from accounts.signing_in.known_devices import DEVICE_COOKIE
from tests.accounts.signing_in import events, sign_in

HERE, ELSEWHERE = "203.0.113.9", "198.51.100.7"
PLENTY = 40


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        yield clock


def fail(client, times, *, address=HERE, **more):
    """Sign in with a wrong password; return the last answer."""
    for _ in range(times):
        answer = sign_in(client, password="wrong", REMOTE_ADDR=address, **more)
    return answer


@pytest.fixture
def guessed(rf):
    """Count attempts as the form does, which takes a tenth of what filling it in takes.

    `about`: how to name the person of each attempt. Returns how many had to wait.
    """

    def guess(times, about="dana@acme.example", address=HERE, **more):
        refused = 0
        for number in range(times):
            place = {"REMOTE_ADDR": address.format(number)} | more
            try:
                attempt(PASSWORD_STEP, rf.get("/", **place), about.format(number))
            except ValidationError:
                refused += 1
        return refused

    return guess


def is_in(client):
    return "_auth_user_id" in client.session


@pytest.fixture
def stranger(client):
    """Somebody else's browser."""
    return type(client)()


def test_failures_slow_down_with_a_sentence_and_keep_what_was_typed(client, dana):
    fail(client, 5)

    answer = fail(client, 1)

    assert (answer.status_code, answer["Retry-After"]) == (429, "5")
    assert "That was tried too often. Wait 5 seconds, then try again." in answer.text
    assert f'value="{dana.email}"' in answer.text
    assert len(events(Action.LOGIN_FAILED)) == 5


def test_the_right_password_waits_too_and_then_opens(client, dana, clock):
    fail(client, 5)

    early = sign_in(client, REMOTE_ADDR=HERE)
    clock.shift(5)
    late = sign_in(client, REMOTE_ADDR=HERE)

    assert (early.status_code, late.status_code, late.url) == (429, 302, "/")


def test_the_wait_grows(client, dana, clock):
    fail(client, 5)

    waits = []
    for _ in range(8):
        waits.append(int(fail(client, 1)["Retry-After"]))
        clock.shift(waits[-1])
        fail(client, 1)

    # In ten minutes one is forgiven: a guess in each ten minutes is what it comes to.
    assert waits == [5, 10, 20, 40, 80, 160, 320, 320]


def test_an_attacker_does_not_keep_the_owner_out(client, stranger, guessed, dana):
    guessed(PLENTY, address=ELSEWHERE)
    refused = fail(stranger, 1, address=ELSEWHERE)

    answer = sign_in(client, REMOTE_ADDR=HERE)

    assert (refused.status_code, answer.status_code) == (429, 302)


def test_one_address_is_slowed_down_over_all_people(client, guessed, dana):
    assert guessed(29, about="person-{}@acme.example") == 0

    answers = [
        fail(client, 1, email=f"{name}@acme.example").status_code for name in "abc"
    ]

    assert answers == [200, 429, 429]


def test_addresses_of_one_line_of_ipv6_are_one(client, dana):
    for number in range(5):
        fail(client, 1, address=f"2001:db8:1:2::{number}")

    same = fail(client, 1, address="2001:db8:1:2:ffff::1")
    other = fail(client, 1, address="2001:db8:1:3::1")

    assert (same.status_code, other.status_code) == (429, 200)


def test_many_addresses_are_slowed_down_a_little(client, guessed, dana, clock):
    assert guessed(29, address="192.0.2.{}") == 0
    answers = [fail(client, 1, address=f"192.0.2.{number}") for number in (29, 30)]
    waits = [int(answers[-1]["Retry-After"])]
    for number in range(100, 108):
        clock.shift(waits[-1])
        fail(client, 1, address=f"192.0.2.{number}")
        waits.append(int(fail(client, 1, address="192.0.2.250")["Retry-After"]))

    assert [each.status_code for each in answers] == [200, 429]
    assert set(waits) <= {1, 2, 4, 5}


def test_a_browser_that_signed_in_before_is_never_held_up_by_others(
    client, stranger, guessed, dana
):
    sign_in(client, REMOTE_ADDR=HERE)
    client.post(reverse("account_logout"))
    guessed(PLENTY, address="192.0.2.{}")
    guessed(PLENTY, address=HERE)

    assert fail(stranger, 1).status_code == 429
    sign_in(client, REMOTE_ADDR=HERE)

    assert is_in(client)


def test_a_stolen_device_cookie_buys_few_guesses(client, stranger, dana):
    sign_in(client, REMOTE_ADDR=HERE)
    stranger.cookies[DEVICE_COOKIE] = client.cookies[DEVICE_COOKIE].value

    answers = [
        fail(stranger, 1, address=f"192.0.2.{number}").status_code
        for number in range(12)
    ]

    assert answers == [200] * 10 + [429] * 2


def test_the_owner_of_a_device_fails_no_more_than_before_after_a_success(client, dana):
    sign_in(client, REMOTE_ADDR=HERE)
    client.post(reverse("account_logout"))
    fail(client, 9)
    sign_in(client, REMOTE_ADDR=HERE)
    client.post(reverse("account_logout"))

    assert fail(client, 9).status_code == 200


def test_callers_without_an_address_do_not_share_one_wait(
    client, guessed, dana, settings
):
    settings.TRUSTED_PROXIES = 1
    hidden = {"HTTP_X_FORWARDED_FOR": "unknown"}
    assert guessed(PLENTY, about="person-{}@acme.example", **hidden) == 0
    assert guessed(20, **hidden) == 0

    assert sign_in(client, **hidden).status_code == 302


def test_callers_without_an_address_are_slowed_down_all_together(
    client, db, guessed, settings
):
    settings.TRUSTED_PROXIES = 1
    hidden = {"HTTP_X_FORWARDED_FOR": "unknown"}
    assert guessed(19, about="{}@x.example", **hidden) == 0
    for _ in range(280):
        spend((PASSWORD_STEP.nowhere, ""))

    answers = [fail(client, 1, email=f"{name}@x.example", **hidden) for name in "abc"]

    assert [each.status_code for each in answers] == [200, 429, 429]


def test_nothing_that_fills_the_cache_lets_anybody_try_again(client, dana):
    fail(client, 5)

    cache.clear()

    assert fail(client, 1).status_code == 429


# Where a password is asked for besides


def test_a_password_told_again_is_limited(client, dana):
    client.force_login(dana)
    url = reverse("account_reauthenticate")

    answers = [client.post(url, {"password": "wrong"}) for _ in range(6)]

    assert [each.status_code for each in answers] == [200] * 5 + [429]


def test_a_password_to_be_changed_is_limited(client, dana, settings):
    client.force_login(dana)
    url = reverse("account_change_password")
    data = {"oldpassword": "wrong", "password1": "x", "password2": "x"}

    answers = [client.post(url, data) for _ in range(6)]

    assert [each.status_code for each in answers] == [200] * 5 + [429]
    assert answers[-1]["Retry-After"] == "5"


def test_mails_to_one_person_are_limited_from_wherever_they_are_asked_for(
    client, dana, mailoutbox
):
    url = reverse("account_reset_password")

    answers = [
        client.post(url, {"email": dana.email}, REMOTE_ADDR=f"192.0.2.{number}")
        for number in range(6)
    ]

    assert [each.status_code for each in answers] == [302] * 5 + [429]
    assert answers[-1]["Retry-After"] == "60"
    assert f'value="{dana.email}"' in answers[-1].text
    assert len(mailoutbox) == 5


@pytest.mark.parametrize(
    ("forwarded", "limit", "subject"),
    [(HERE, RESET_ADDRESS, HERE), ("unknown", RESET_NOWHERE, "")],
)
def test_mails_that_one_place_asks_for_are_limited(
    client, db, settings, forwarded, limit, subject
):
    settings.TRUSTED_PROXIES = 1
    url = reverse("account_reset_password")
    for _ in range(limit.free - 1):
        spend((limit, subject))

    answers = [
        client.post(
            url, {"email": f"{name}@x.example"}, HTTP_X_FORWARDED_FOR=forwarded
        ).status_code
        for name in "ab"
    ]

    assert answers == [302, 429]


@pytest.mark.parametrize(
    ("forwarded", "limit", "subject"),
    [(HERE, ENTRANCE, HERE), ("unknown", ENTRANCE_NOWHERE, "")],
)
@pytest.mark.parametrize("name", ["mfa_login_webauthn", "reset"])
def test_other_forms_of_strangers_are_limited(
    client, db, settings, name, forwarded, limit, subject
):
    settings.TRUSTED_PROXIES = 1
    key = {"uidb36": "1", "key": "x-y"}
    url = reverse("account_reset_password_from_key", kwargs=key)
    url = url if name == "reset" else reverse(name)
    for _ in range(limit.free - 1):
        spend((limit, subject))

    last, refused = (
        client.post(url, {}, HTTP_X_FORWARDED_FOR=forwarded) for _ in range(2)
    )

    assert last.status_code in (200, 302)
    assert (refused.status_code, refused["Retry-After"]) == (429, str(limit.first))
    assert "That was tried too often." in refused.text
