"""Every field of every form, filled with what should not be there.

Nothing answers 500, and nothing that was sent comes back as markup.
"""

import os
from datetime import timedelta

import pytest
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings
from django.urls import reverse

from accounts.models import Organisation
from tests.authorization_world import signed_in
from tests.factories import (
    BY,
    FilterFactory,
    SharedViewFactory,
    ShareFactory,
    TokenFactory,
)
from tests.hostile_strings import FOR_DATABASES, MARKUP, PAYLOADS, SORTS, STRINGS
from tests.page_forms import CSRF, forms_of
from tokens.kinds import Kind

# Where forms are, who sees them there, and what the address needs.
PAGES = {
    "tokens:api": ("admin", "main", "?new=1"),
    "tokens:shipping": ("admin", "main", "?new=1"),
    "tokens:all": ("admin", "main", ""),
    "tokens:rename": ("admin", "main token", ""),
    "tokens:note": ("admin", "main token", ""),
    "tokens:disable": ("staff", "main token", ""),
    "tokens:expiry": ("admin", "main token", ""),
    "tokens:rotate": ("admin", "main token", ""),
    "tokens:delete": ("admin", "main token", ""),
    "tokens:page": ("admin", "main rotating", ""),
    "sharing:list": ("admin", "main", "?new=1"),
    "sharing:edit": ("admin", "main share", ""),
    "sharing:visitor": (None, "link", ""),
    "sharing:view_edit": ("admin", "main view", ""),
    "sharing:view_delete": ("admin", "main view", ""),
    "sharing:filter_edit": ("admin", "main filter", ""),
    "sharing:filter_delete": ("admin", "main filter", ""),
    "gateway:webhook": ("admin", "main", ""),
    "accounts:account_list": ("admin", "main", ""),
    "accounts:account_new": ("admin", "main", "?kind=sub"),
    "accounts:account_edit": ("admin", "sub", ""),
    "accounts:account_suspend": ("admin", "sub", ""),
    "accounts:user_list": ("admin", "main", "?new=1"),
    "accounts:audit_list": ("admin", "main", ""),
    "accounts:profile": ("admin", "", ""),
    "accounts:switcher": ("admin", "", ""),
    "accounts:jump": ("admin", "", ""),
    "accounts:staff_organisations": ("staff", "", ""),
    "accounts:staff_organisation": ("staff", "organisation", ""),
    "accounts:staff_organisation_add": ("staff", "", ""),
    "accounts:staff_organisation_edit": ("staff", "organisation", ""),
    "accounts:staff_organisation_suspend": ("staff", "organisation", ""),
    "tokens:whose": ("staff", "", ""),
    "tokens:gateway": ("staff", "", "?new=1"),
    "account_login": (None, "", ""),
    "account_reset_password": (None, "", ""),
    "account_reauthenticate": ("confirmed_admin", "", ""),
    "account_change_password": ("confirmed_admin", "", ""),
    "mfa_activate_totp": ("confirmed_admin", "", ""),
}
# The form that finds a token by its secret is on more pages, where it gets markup only.
FIND_FROM = ("tokens:api", "tokens:all")
pytestmark = pytest.mark.walk

# `make fuzz` sends every string in every form; otherwise a form gets a sixteenth of each
# sort, at least one, and the next form the next ones.
IS_FUZZING = "EXAMPLES" in os.environ
SHARE = 16
# Markup of each kind is in every form, and looked for in every answer: with half of the
# payloads in whole pages, with the others in what htmx gets.
KINDS = len(PAYLOADS)
WHOLE_PAGE = {*MARKUP[::KINDS], *MARKUP[1::KINDS]}
MARKS = (
    "<script>",
    "<img src=x",
    "<svg/on",
    "<b on",
    "<i on",
    "<a href=javascript",
    "<math>",
    "<details open on",
)


@pytest.fixture(autouse=True)
def _no_picture(monkeypatch):
    """Draw no QR code of a seed with each answer: that takes longer than all the rest."""
    monkeypatch.setattr(DefaultMFAAdapter, "build_totp_svg", lambda self, url: "")


@pytest.fixture
def things(main, sub, admin, staff):
    rotating = TokenFactory(account=main)
    rotating.rotate(by=BY, overlap=timedelta(hours=1))
    return {
        "": [],
        "main": [main.pk],
        "sub": [sub.pk],
        "main token": [main.pk, TokenFactory(account=main, kind=Kind.LOGS).pk],
        "main rotating": [main.pk, rotating.pk],
        "main share": [main.pk, ShareFactory(account=main).token.pk],
        "main filter": [main.pk, FilterFactory(account=main).pk],
        "main view": [main.pk, SharedViewFactory(account=main).pk],
        "link": ["NoSuchId"],
        "organisation": [Organisation.objects.get().pk],
    }


@pytest.fixture
def confirmed_admin(client, admin):
    """An admin who has just given the password again."""
    admin.set_password("a long and dull password")
    admin.save()
    bring_session(client, admin)
    path = reverse("account_reauthenticate")
    client.post(path, {"password": "a long and dull password"})
    return admin


def bring_session(client, user):
    client.cookies[settings.SESSION_COOKIE_NAME] = signed_in(user).session


def test_there_are_enough_strings():
    assert len(STRINGS) >= 300


@pytest.mark.parametrize("sort", SORTS)
def test_each_form_gets_some_of_each_sort_and_all_together_get_all(sort):
    each = [some_of([sort], at) for at in range(len(PAGES))]

    assert all(each)
    assert set().union(*each) == set(sort)


@pytest.mark.parametrize("name", PAGES)
@override_settings(ACCOUNT_RATE_LIMITS=False)
def test_forms_answer_whatever_is_sent(client, request, things, name):
    client.raise_request_exception = False
    who, needs, query = PAGES[name]
    person = who and request.getfixturevalue(who)
    if person and who != "confirmed_admin":
        bring_session(client, person)
    address = reverse(name, args=things[needs]) + query
    forms = forms_of(client.get(address), address)

    wrong = [
        each for form in forms for each in send_all(client, form, strings(form, name))
    ]

    assert forms
    assert wrong == []


def strings(form, name):
    """Return what to send in a form of a page."""
    at = list(PAGES).index(name)
    markup = [
        MARKUP[kind + (at + kind // KINDS) % KINDS]
        for kind in range(0, len(MARKUP), KINDS)
    ]
    if form.action.endswith("/find/") and name not in FIND_FROM:
        return markup
    if connection.vendor != "sqlite":
        return some_of(FOR_DATABASES, at)
    return STRINGS if IS_FUZZING else markup + some_of(SORTS, at)


def some_of(sorts, at):
    steps = [(sort, min(len(sort), SHARE)) for sort in sorts]
    return [text for sort, step in steps for text in sort[at % step :: step]]


def send_all(client, form, strings):
    """Send each string in what is typed, and some in what is chosen or hidden."""
    chosen = form.fields.keys() - form.typed - {CSRF}
    data = {key: value for key, value in form.fields.items() if value is not None}
    for fields, some in ((form.typed, strings), (chosen, strings[::20])):
        for text in some if fields else ():
            sent = data | dict.fromkeys(fields, text)
            yield from complaints(client, form, sent, text)


def complaints(client, form, data, text):
    with transaction.atomic():
        response = send(client, form, data, whole_page=text in WHOLE_PAGE)
        if response.status_code >= 500:
            yield form.action, repr(text[:60]), response.status_code
        elif text in MARKUP:
            shown = "".join(page_texts(client, response))
            if any(mark in shown for mark in MARKS):
                yield form.action, repr(text[:60]), "unescaped"
        transaction.set_rollback(True)


def send(client, form, data, *, whole_page):
    data = {key: storable(value) for key, value in data.items()}
    if form.method == "get":
        return client.get(form.action.partition("?")[0], data)
    # htmx gets the part that changed, which is all that matters and much less to draw.
    headers = {} if whole_page else {"HX-Request": "true"}
    return client.post(form.action, data, headers=headers)


def storable(text):
    # A browser sends no lone surrogates; what an attacker sends instead are bytes.
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def page_texts(client, response):
    if response.status_code == 302:
        response = client.get(response.url)
    if not response.streaming:
        yield response.text
