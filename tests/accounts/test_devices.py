"""Browsers that somebody has signed in with."""

import time_machine
from django.core import signing
from django.http import HttpResponse

from accounts.models import User
from accounts.signing_in.known_devices import (
    AGE,
    DEVICE_COOKIE,
    SALT,
    known_as,
    remember,
)
from tests.accounts.signing_in import sign_in

DANA, EVE = User(pk=7), User(pk=8)


def asked(rf, value):
    request = rf.get("/")
    request.COOKIES[DEVICE_COOKIE] = value
    return request


def remembered(rf, *people, value=""):
    """Return the cookie of a browser that people sign in with, one after the other."""
    for user in people:
        response = HttpResponse()
        remember(asked(rf, value), response, user)
        value = response.cookies[DEVICE_COOKIE].value
    return value


def test_a_browser_is_known_by_whoever_signed_in_with_it(rf):
    request = asked(rf, remembered(rf, DANA))

    assert known_as(request, DANA).startswith("7 ")
    assert known_as(request, EVE) is None


def test_people_who_share_a_browser_are_all_known(rf):
    request = asked(rf, remembered(rf, DANA, EVE, DANA))

    number = known_as(request, DANA).removeprefix("7 ")
    assert known_as(request, EVE) == f"8 {number}"


def test_a_browser_knows_the_last_five(rf):
    value = remembered(rf, *(User(pk=pk) for pk in range(1, 7)))

    assert signing.loads(value, salt=SALT)["people"] == [6, 5, 4, 3, 2]


def test_what_we_did_not_sign_is_a_strange_browser(rf):
    good = remembered(rf, DANA)
    other = signing.dumps({"id": "x", "people": [7]}, salt="tollgate.share")
    for value in ("", "x", "é", good[:-1], good + "x", other, "a:b:c"):
        assert known_as(asked(rf, value), DANA) is None


def test_a_browser_is_forgotten_in_the_end(rf):
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        request = asked(rf, remembered(rf, DANA))
        clock.shift(AGE)
        late = known_as(request, DANA)
        clock.shift(1)

        assert late
        assert known_as(request, DANA) is None


def test_the_cookie_is_shut_to_scripts_and_other_sites(client, dana, settings):
    settings.HTTPS = True

    failed = sign_in(client, password="wrong", secure=True)
    cookie = sign_in(client, secure=True).cookies[DEVICE_COOKIE]

    assert DEVICE_COOKIE not in failed.cookies
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (
        True,
        "Lax",
        True,
    )
    assert cookie["max-age"] == 400 * 24 * 3600
