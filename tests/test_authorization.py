"""Every route x method x principal of the authorization matrix."""

import logging

import pytest
from django.http import HttpResponse
from django.urls import resolve, reverse

from accounts.models import Role
from accounts.relations import Relation
from accounts.web import errors
from tests import authorization_routes as declared
from tests.answers import said
from tests.authorization_asking import (
    ACCOUNT_ROUTES,
    DECLARED,
    DENIED,
    METHODS,
    OURS,
    THROUGH,
    any_path,
    ask,
    expected,
    methods,
    operations,
    routes,
    staff_path,
)
from tests.authorization_world import BULK_JOBS, World

# A bulk job belongs to the person who made it: nobody in this world has made one.
NEVER_THERE = BULK_JOBS


# The matrix is the same on every database, and this walk is a long one.
pytestmark = [pytest.mark.sqlite, pytest.mark.walk]


@pytest.fixture(scope="module")
def lasting_world(lasting_db):
    return World()


@pytest.fixture
def world(lasting_world, db):
    return lasting_world


@pytest.fixture(autouse=True)
def _not_written_down(caplog):
    """Keep refusals out of the log, where each takes a quarter of the time of its answer."""
    caplog.set_level(logging.CRITICAL, "django.request")


@pytest.fixture
def _refusals_not_drawn(monkeypatch):
    """Answer a refusal by its status: most answers are one, and to draw it takes a third.

    What these pages say is held in accounts/test_errors.py, and how they look in the
    browser's tests.
    """

    def undrawn(request, template, context, status):
        return HttpResponse(template, status=status)

    monkeypatch.setattr(errors, "render", undrawn)


def test_every_route_is_declared():
    found = {name for name in routes() if name and name.partition(":")[0] in OURS}

    public = {"leaks:thanks", *declared.STRANGERS, *declared.PROVIDERS}
    public |= declared.SIGNED_OUT.keys()
    assert found == {*DECLARED, *declared.VISITORS, *declared.FEEDS, *public}


@pytest.mark.parametrize("name", declared.ACCOUNT | declared.MAIN_ONLY)
def test_views_ask_what_is_declared(name):
    arguments = [1] if takes_account_only(name) else [1, 1]

    view = resolve(reverse(name, args=arguments)).func

    assert [each.value for each in view.operations] == (
        (declared.ACCOUNT | declared.MAIN_ONLY)[name][1]
    )


def takes_account_only(name):
    try:
        reverse(name, args=[1])
    except Exception:  # noqa: BLE001 -- NoReverseMatch, of whatever arity
        return False
    return True


@pytest.mark.usefixtures("_refusals_not_drawn")
@pytest.mark.parametrize("name", ACCOUNT_ROUTES)
def test_account_routes_answer_each_principal_as_the_matrix_says(client, world, name):
    wrong, seen = [], set()
    for user, account, relation in world.principals:
        for arguments in world.arguments(name, account):
            token = world.token(account, arguments)
            wanted = expected(relation, operations(name, token), account)
            if name in declared.MAIN_ONLY and wanted is None and not account.is_main:
                wanted = 404
            # What answers GET answers HEAD: once for each answer there is.
            some = methods(name) - ({"HEAD"} if wanted in seen else set())
            seen.add(wanted)
            wrong += compare(client, user, name, some, arguments, wanted, relation)

    assert wrong == []


def compare(client, user, name, methods, arguments, wanted, label):
    path = reverse(name, args=arguments)
    for method in methods:
        status = ask(client, user, method, path).status_code
        if wanted is None:
            fits = status in THROUGH or (name in NEVER_THERE and status == 404)
        else:
            fits = status == wanted or (name in declared.MAIN_ONLY and status == 404)
        if not fits:
            yield f"{method} {path} as {label}: {status} instead of {wanted or 'through'}"


@pytest.mark.usefixtures("_refusals_not_drawn")
@pytest.mark.parametrize("name", DECLARED)
def test_no_other_method_is_taken(client, world, name):
    """Whoever asks: it is told before anybody looks who does.

    The next route is asked for by the next person.
    """
    path, others = any_path(world, name), METHODS - methods(name)
    at = list(DECLARED).index(name) % len(world.principals)
    user, *_ = world.principals[at]

    answers = {ask(client, user, method, path).status_code for method in others}

    assert answers == {405}


@pytest.mark.parametrize("name", DECLARED)
def test_strangers_are_led_to_the_login(client, world, name):
    path = any_path(world, name)
    wrong = []
    for method in methods(name):
        plain = ask(client, None, method, path)
        swapped = client.generic(method, path, headers={"HX-Request": "true"})
        if plain.status_code != 302:
            wrong.append((method, plain.status_code))
        if (swapped.status_code, "HX-Redirect" in swapped) != (401, True):
            wrong.append((method, swapped.status_code, "htmx"))

    assert wrong == []


@pytest.mark.usefixtures("_refusals_not_drawn")
@pytest.mark.parametrize("name", declared.STAFF)
def test_staff_routes_exist_for_staff_only(client, world, name):
    path = staff_path(world, name)
    wrong = []
    for user, relation in world.people:
        wanted = None if relation is Relation.STAFF else 404
        if name.endswith(("gateway_restore", "scanner_restore")) and wanted is None:
            continue  # Nothing is deleted here.
        for method in methods(name):
            status = ask(client, user, method, path).status_code
            fits = status in THROUGH if wanted is None else status == wanted
            if not fits:
                wrong.append(f"{method} {path} as {relation}: {status}")

    assert wrong == []


@pytest.mark.parametrize("name", declared.ONESELF)
def test_pages_about_oneself_are_there_for_everybody_with_a_login(client, world, name):
    wrong = []
    for user, relation in world.people:
        for method in methods(name):
            status = ask(client, user, method, any_path(world, name)).status_code
            if status in DENIED:
                wrong.append(f"{method} {name} as {relation}: {status}")

    assert wrong == []


@pytest.mark.usefixtures("_refusals_not_drawn")
@pytest.mark.parametrize(("name", "allowed"), declared.VISITORS.items())
def test_links_answer_everybody_alike(client, world, name, allowed):
    path = reverse(name, args=["unknown"])
    there = 200 if "GET" in allowed else 404
    wanted = {method: there if method in allowed else 405 for method in METHODS}

    for user, *_ in [(None,), *world.people]:
        got = {
            method: ask(client, user, method, path).status_code for method in METHODS
        }
        assert got == wanted


@pytest.mark.usefixtures("_refusals_not_drawn")
@pytest.mark.parametrize(("name", "allowed"), declared.FEEDS.items())
def test_feeds_answer_nobody_without_their_secret(client, world, name, allowed):
    wanted = {method: 404 if method in allowed else 405 for method in METHODS}
    path = reverse(name, args=declared.ADDRESSED.get(name))

    # Fewer than may guess in a minute.
    for user, *_ in [(None,), *world.principals[::3]]:
        answers = {
            method: ask(client, user, method, path).status_code for method in METHODS
        }
        assert answers == wanted


@pytest.mark.parametrize(("name", "allowed"), declared.STRANGERS.items())
def test_forms_for_strangers_are_there_for_everybody(client, world, name, allowed):
    # An empty form is shown again.
    there = {"GET": 200, "HEAD": 200, "POST": 422}
    wanted = {method: there[method] if method in allowed else 405 for method in METHODS}

    for user, *_ in [(None,), *world.principals[::5]]:
        got = {
            method: ask(client, user, method, reverse(name)).status_code
            for method in METHODS
        }
        assert got == wanted


@pytest.mark.parametrize(("name", "allowed"), declared.PROVIDERS.items())
def test_unknown_providers_are_there_for_nobody(client, world, name, allowed):
    wanted = {method: 404 if method in allowed else 405 for method in METHODS}

    # Fewer than may begin to sign in in a minute.
    for user, *_ in [(None,), *world.principals[::5]]:
        answers = {
            method: ask(client, user, method, reverse(name, args=["unknown"]))
            for method in METHODS
        }
        assert {name: each.status_code for name, each in answers.items()} == wanted


@pytest.mark.parametrize(("name", "allowed"), declared.SIGNED_OUT.items())
def test_who_did_not_sign_out_is_led_to_the_login(client, world, name, allowed):
    wanted = {method: 302 if method in allowed else 405 for method in METHODS}

    for user, *_ in [(None,), *world.principals[::5]]:
        answers = {
            method: ask(client, user, method, reverse(name)).status_code
            for method in METHODS
        }
        assert answers == wanted


@pytest.mark.parametrize(("path", "allowed"), declared.PUBLIC.items())
def test_public_routes_answer_anybody(client, db, path, allowed):
    statuses = {
        method: client.generic(method, f"/{path}").status_code for method in METHODS
    }

    assert statuses == {method: 200 if method in allowed else 405 for method in METHODS}


@pytest.mark.usefixtures("_refusals_not_drawn")
@pytest.mark.parametrize("path", ["metrics", "django-admin/"])
def test_what_is_not_served_is_not_there(client, world, path):
    answers = [
        ask(client, user, "GET", f"/{path}").status_code for user, _ in world.people
    ]

    assert set(answers) == {404}


def test_what_is_hidden_looks_like_what_does_not_exist(client, world):
    stranger = world.person(world.other)

    hidden = ask(client, stranger, "GET", reverse("tokens:api", args=[world.open.pk]))
    missing = ask(client, stranger, "GET", reverse("tokens:api", args=[999_999]))

    assert said(hidden) == said(missing)


def test_a_forbidden_person_cannot_tell_which_tokens_exist(client, world):
    member = world.person(world.open, Role.USER)
    known = world.things[world.open.pk]["tokens"][0].pk

    answers = [
        ask(client, member, "POST", reverse("tokens:reveal", args=[world.open.pk, pk]))
        for pk in (known, 999_999)
    ]

    assert said(answers[0]) == said(answers[1])
