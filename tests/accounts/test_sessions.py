"""Sessions, of which the database knows a hash."""

from importlib import import_module

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.web.middleware import TWO_SESSIONS
from accounts.web.sessions import SessionStore, name_of
from tests.accounts.signing_in import PASSWORD, sign_in

MIGRATION = import_module("accounts.migrations.0015_sessions_by_their_hash")
PROFILE = "/profile/"
NAME = settings.SESSION_COOKIE_NAME


@pytest.mark.parametrize(
    "key",
    ['"\\000abcdefghijkl"', "a" * 8, "A" * 32, "é" * 32, "a" * 33, "a" * 40, ""],
)
def test_keys_that_no_session_has_are_not_looked_up(
    client, db, key, django_assert_num_queries
):
    client.cookies.load(f"{NAME}={key}")

    with django_assert_num_queries(0):
        response = client.get(reverse("accounts:home"))

    assert response.status_code == 302


def test_the_database_does_not_know_what_the_browser_has(client, dana):
    sign_in(client)
    client.get(PROFILE)

    cookie = client.cookies[NAME].value
    kept = [*Session.objects.values_list("session_key", flat=True)]
    kept += UserSession.objects.values_list("session_key", flat=True)
    assert kept == [name_of(cookie)] * 2
    assert cookie not in str([*Session.objects.values(), *UserSession.objects.values()])


def test_what_the_database_knows_lets_nobody_in(client, dana):
    sign_in(client)
    thief = type(client)()
    thief.cookies[NAME] = Session.objects.get().session_key

    assert thief.get(PROFILE).status_code == 302
    assert client.get(PROFILE).status_code == 200


def test_the_cookie_is_renewed_as_it_was_given_out(client, dana):
    sign_in(client)
    cookie = client.cookies[NAME]
    before = cookie.value, cookie["httponly"], cookie["samesite"]

    # The first page of a session notes its use, which writes the session again.
    renewed = client.get(PROFILE).cookies[NAME]

    assert (renewed.value, renewed["httponly"], renewed["samesite"]) == before
    assert before[1:] == (True, "Lax")


def test_signing_in_changes_the_cookie_and_signing_out_takes_it(client, dana):
    sign_in(client)
    first = client.cookies[NAME].value
    client.post(reverse("account_logout"))
    gone = client.cookies[NAME].value
    sign_in(client)

    assert len(first) == len(client.cookies[NAME].value) == 32
    assert (gone, client.cookies[NAME].value == first) == ("", False)


def test_a_session_that_ended_gets_another_cookie(client, dana):
    sign_in(client)
    old = client.cookies[NAME].value
    Session.objects.all().delete()

    sign_in(client)

    assert client.cookies[NAME].value != old
    assert client.get(PROFILE).status_code == 200


def test_sessions_of_an_older_installation_go_on(client, dana):
    sign_in(client)
    client.get(PROFILE)
    cookie = client.cookies[NAME].value
    for model in (Session, UserSession):
        model.objects.update(session_key=cookie)
    assert client.get(PROFILE).status_code == 302
    client.cookies[NAME] = cookie

    for _ in range(2):
        MIGRATION.hash_keys(apps, connection.schema_editor())

    assert client.get(PROFILE).status_code == 200
    page = client.get(reverse("usersessions_list")).text
    assert page.count("This one") == 1


def test_a_store_takes_names_only():
    assert SessionStore("a" * 40).session_key == "a" * 40
    assert SessionStore("a" * 32).session_key is None
    assert Session(session_key="x", expire_date=timezone.now()).session_key == "x"


# Two of them


@pytest.mark.parametrize("between", ["; ", ";", ", ", ","])
def test_of_two_session_cookies_neither_is_taken(client, dana, between):
    sign_in(client)
    good = f"{NAME}={client.cookies[NAME].value}"
    browser = type(client)()
    for other in (good, f"{NAME}=x", f"{NAME}="):
        for header in (f"{good}{between}{other}", f"{other}{between}{good}"):
            response = browser.get(PROFILE, HTTP_COOKIE=header)
            assert (response.status_code, response.url) == (
                302,
                "/login/?next=/profile/",
            )

    page = browser.get("/login/")
    assert page.text.count(TWO_SESSIONS.partition(",")[0]) >= 1


def test_the_browser_is_told_to_forget_two_session_cookies(client, dana):
    sign_in(client)
    good = f"{NAME}={client.cookies[NAME].value}"

    response = type(client)().get(PROFILE, HTTP_COOKIE=f"{good}; {NAME}=x")

    forgotten = response.cookies[NAME]
    assert (forgotten.value, forgotten["max-age"]) == ("", 0)


@pytest.mark.parametrize("beside", [f"x{NAME}=y", f"{NAME}2=y", f"a={NAME}", ""])
def test_one_session_cookie_beside_others_is_taken(client, dana, beside):
    sign_in(client)
    good = f"{NAME}={client.cookies[NAME].value}"

    response = type(client)().get(PROFILE, HTTP_COOKIE=f"{beside}; {good}")

    assert response.status_code == 200


# Methods


@pytest.mark.parametrize(
    "path",
    [
        PROFILE,
        "/",
        "/login/",
        "/password/reset/",
        "/2fa/",
        "/api/docs",
        "/s/x",
    ],
)
@pytest.mark.parametrize("signed_in", [True, False])
def test_pages_have_no_options(client, dana, path, signed_in):
    if signed_in:
        client.force_login(dana)

    response = client.options(path)

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize("path", ["/v2/whoami", "/api/v1/whoami"])
def test_the_api_says_itself_what_a_path_has(client, db, path):
    response = client.options(path)

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert response["Content-Type"].partition(";")[0].endswith("json")


def test_every_cookie_has_a_name_of_its_own(client, admin, main):
    admin.set_password(PASSWORD)
    admin.save()
    sign_in(client, admin.email)
    client.post("/theme/", {"theme": "dark", "next": "/"})
    client.get(reverse("accounts:user_list", args=[main.pk]))
    client.post(reverse("accounts:profile"), {"full_name": "Ada A."})

    names = set(client.cookies)
    assert len(names) == 6
    assert {name for name in names if not name.startswith("tollgate_")} == set()
