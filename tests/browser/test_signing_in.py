import re
import time

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.examination import examine
from tests.browser.people import PASSWORD, confirm_identity, sign_in, with_password

WITH_AN_APP = ("index", "deactivate_totp", "generate_recovery_codes", "reauthenticate")


@pytest.fixture
def dana(admin):
    return with_password(admin)


@pytest.fixture
def look(accessibility):
    """See to it that pages are as all others are; see test_pages.py."""

    def look(page, addresses):
        for address in addresses:
            response = page.goto(address)
            assert response.url == address
            assert examine(page, response, accessibility=accessibility) == []

    return look


def code_of(key, later=0):
    """Return what an authenticator app shows for a key now, or half a minute later."""
    step = int(time.time()) // 30 + later
    return totp.format_hotp_value(totp.hotp_value(key, step))


def test_an_authenticator_app_is_set_up_and_asked_for(visit, site, dana, look):
    page = visit(dana, reverse("mfa_index"))

    page.get_by_role("link", name="Set up").click()
    confirm_identity(page)
    key = page.locator("copy-text").get_attribute("data-text")
    page.get_by_label("Authenticator code").fill(code_of(key))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    look(page, [page.url, *(site + reverse(f"mfa_{name}") for name in WITH_AN_APP)])
    page.context.clear_cookies()
    page.goto(site)
    sign_in(page, dana.email)

    look(page, [page.url])
    # The one that turned the app on is used up.
    page.get_by_label(re.compile("Code", re.IGNORECASE)).fill(code_of(key, later=1))
    page.get_by_role("button", name="Sign in").first.click()
    expect(page.get_by_role("banner")).to_contain_text("Ada Admin")


def test_a_passkey_is_added_and_signs_in_without_a_password(visit, site, dana, look):
    page = visit(dana, reverse("mfa_add_webauthn"))
    add_virtual_authenticator(page)

    confirm_identity(page)
    page.get_by_label("Name").fill("Laptop")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(site + reverse("mfa_list_webauthn"))
    expect(page.get_by_role("rowheader", name="Laptop")).to_be_visible()
    key = dana.authenticator_set.get(type="webauthn").pk
    about = [reverse(f"mfa_{verb}_webauthn", args=[key]) for verb in ("edit", "remove")]
    again = reverse("mfa_reauthenticate_webauthn")
    look(page, [page.url, *(site + path for path in [*about, again])])

    page.context.clear_cookies()
    page.goto(site)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("banner")).to_contain_text("Ada Admin")


def add_virtual_authenticator(page):
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_a_forgotten_password_is_replaced_by_mail(visit, site, dana, mailoutbox):
    page = visit(None, "/login/")

    page.get_by_role("link", name=re.compile("Forgot")).click()
    page.get_by_label("E-mail").fill(dana.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look in your inbox")).to_be_visible()
    link = re.search(r"https?://\S+/password/reset/key/\S+", mailoutbox[0].body)
    page.goto(site + "/" + link[0].split("/", 3)[3])
    page.get_by_label("New Password", exact=True).fill("another dull password")
    page.get_by_label("New Password (again)").fill("another dull password")
    page.get_by_role("button", name="Change password").click()

    expect(page.get_by_role("heading", name="Password changed")).to_be_visible()
    dana.refresh_from_db()
    assert dana.check_password("another dull password")
    assert not dana.check_password(PASSWORD)


def test_other_sessions_are_ended(visit, dana, site):
    other = visit(dana, "/profile/")
    page = visit(dana, reverse("usersessions_list"))

    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name=re.compile("other", re.IGNORECASE)).click()
    expect(page.locator("tbody tr")).to_have_count(1)

    other.reload()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
