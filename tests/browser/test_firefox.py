"""One journey in Firefox, whose engine is not Chromium's."""

import shutil

import pytest
from django.urls import reverse

from tests.browser.firefox import CONTROL, ENTER, PROGRAM, TAB, firefox
from tests.browser.people import PASSWORD, with_password
from tests.daemons import SORRY
from tokens.models import Token

NOTICE = "document.getElementById('notice').innerText"


@pytest.fixture
def fox(tmp_path, site):
    # It keeps its connections, which the site waits for when it ends.
    if not shutil.which(PROGRAM):
        pytest.skip(SORRY.format(PROGRAM))
    with firefox(tmp_path) as window:
        yield window


def test_a_token_is_made_copied_rotated_and_deleted(fox, site, main, admin, opens):
    api = reverse("tokens:api", args=[main.pk])
    fox.open(site + api)
    fox.type("[name='login']", with_password(admin).email)
    fox.type("[name='password']", PASSWORD + ENTER)
    fox.expect(f"location.pathname === '{api}' && document.readyState === 'complete'")

    fox.click("[data-shortcut='n']")
    fox.type("#new-row [name='name']", "Nightly export")
    fox.press(ENTER)
    fox.find("tr.row-new")
    token = Token.objects.get(name="Nightly export")

    fox.expect("document.activeElement.matches('copy-secret button')")
    fox.press(ENTER)
    fox.expect("!!document.querySelector('copy-secret[data-copy=done]')")
    fox.click("[data-shortcut='/']")
    fox.press(CONTROL, "v")
    secret = fox.evaluate("document.activeElement.value")
    assert opens(secret)

    # The list is already looking for what was pasted.
    fox.open(site + api)
    fox.click("[aria-label='Rotate Nightly export']")
    fox.click("dialog[open] [value='now']")
    fox.click("dialog[open] [data-variant='primary']")
    fox.expect(f"{NOTICE}.includes('has a new secret')")
    assert not opens(secret)

    fox.click("[aria-label='Delete Nightly export']")
    fox.find("dialog[open]")
    stops = []
    for _ in range(5):
        fox.press(TAB)
        stops.append(fox.evaluate("document.activeElement.tagName"))
    assert "DIALOG" not in stops
    fox.click("dialog[open] [data-variant='danger']")
    fox.expect(f"{NOTICE}.includes('is deleted')")
    token.refresh_from_db()
    assert token.deleted_at
