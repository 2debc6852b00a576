"""Every page, looked at on every screen, in light and dark, by who may see it."""

import re
from urllib.parse import urlsplit

import pytest
from django.urls import get_resolver, resolve

from accounts.web.errors import not_offered
from tests.browser import places
from tests.browser.examination import examine
from tests.browser.people import confirm_identity, with_password
from tests.browser.world import furnish

# Looked at where a test brings a second factor along, in test_signing_in.py.
WITH_A_FACTOR = {
    "mfa_authenticate",
    "mfa_deactivate_totp",
    "mfa_edit_webauthn",
    "mfa_generate_recovery_codes",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "mfa_view_recovery_codes",
}
ARGUMENT = re.compile(r"<(?:int|str):\w+>")
NO_PAGES = {
    "accounts:dashboard": "leads to another page",
    "accounts:home": "leads to another page",
    "accounts:connect": "asks whoever comes from a provider",
    "accounts:provider_sign_in": "leads to a provider",
    "accounts:provider_callback": "leads back from a provider",
    "accounts:signed_out": "leads to a provider",
    "api_document": "is data for programs",
    "tokens:calendar_feed": "is data for programs",
    "gateway:refused_calls_moved": "leads to another page",
    "mfa_download_recovery_codes": "is a file",
    "mfa_login_webauthn": "is data for a script",
    "tokens:first_call": "is a part of a page",
    "tokens:gateway_first_call": "is a part of a page",
    "tokens:scanner_first_call": "is a part of a page",
    "tokens:usage": "leads to another page",
}


@pytest.fixture
def world(db):
    return furnish()


@pytest.fixture
def look(visit, site, world, accessibility):
    """Return what is wrong with pages, by path."""

    def look(page, paths):
        found = {}
        for path in paths:
            response = page.goto(site + path)
            found[path] = examine(
                page,
                response,
                secrets=world.secrets,
                accessibility=accessibility,
                thoroughly=path == paths[0],
            )
            if response.url != site + path:
                found[path].append(f"leads to {response.url}")
        return {path: wrong for path, wrong in found.items() if wrong}

    return look


@pytest.mark.parametrize("area", places.OF_AN_ADMIN)
def test_pages_of_an_admin(visit, world, look, area):
    page = visit(world.admin, "/profile/")

    assert look(page, area(world)) == {}


def test_pages_of_staff(visit, world, staff, look):
    page = visit(staff, "/profile/")

    assert look(page, places.of_staff(world)) == {}


def test_pages_of_a_plain_user(visit, world, look):
    page = visit(world.member.user, "/profile/")

    assert look(page, places.of_a_plain_user(world)) == {}


def test_pages_about_oneself(visit, site, world, look):
    page = visit(with_password(world.admin), "/profile/")

    assert look(page, places.about_oneself()) == {}
    page.goto(f"{site}/reauthenticate/?next=/profile/")
    confirm_identity(page)
    assert look(page, places.after_a_fresh_sign_in(world)) == {}


def test_pages_of_strangers(visit, world, look):
    page = visit(None, "/login/")

    assert look(page, places.of_strangers(world)) == {}


def test_no_page_is_forgotten(world, client):
    client.force_login(world.admin)
    looked_at = {
        resolve(urlsplit(path).path).view_name
        for path in every_path(world)
        if path != "/nowhere/"
    }
    pages = {
        name
        for name, path in routes()
        if resolve(path).func is not not_offered and client.get(path).status_code != 405
    }

    assert pages - looked_at - WITH_A_FACTOR - NO_PAGES.keys() == set()


def every_path(world):
    for area in places.OF_AN_ADMIN:
        yield from area(world)
    yield from places.of_staff(world)
    yield from places.about_oneself()
    yield from places.after_a_fresh_sign_in(world)
    yield from places.of_strangers(world)


def routes(patterns=None, path="/", namespace=""):
    """Yield the names of routes with an address of each; what only takes a POST says so
    before it looks for anything."""
    for each in patterns or get_resolver().url_patterns:
        here = path + str(each.pattern)
        if hasattr(each, "url_patterns"):
            inner = f"{each.namespace}:" if each.namespace else ""
            yield from routes(each.url_patterns, here, namespace + inner)
        elif each.name and "^" not in here and not namespace.startswith("api"):
            yield namespace + each.name, ARGUMENT.sub("9", here)
