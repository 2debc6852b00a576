"""The look of mails: HTML and text of one template, and one form of subjects."""

import re
from datetime import UTC, datetime
from pathlib import Path

import allauth
import pytest
from django.utils import timezone

from accounts import mail
from accounts.mail_bodies import compose, text_of
from accounts.signing_in.adapters import SUBJECTS, AccountAdapter
from accounts.web.browsers import named
from tests.accounts.mails import expect_the_look
from tests.factories import MembershipFactory

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
TOKEN = "https://tollgate.example.com/" + "long/" * 20


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One,\n  and <b>two</b>.</p>\n<p>Three</p>", "One, and two.\n\nThree\n"),
        ("<p>&lt;b&gt; &amp; “x”</p>", "<b> & “x”\n"),
        ('<p><a href="/x">Open it</a></p>', "Open it:\n/x\n"),
        (f'<p><a href="{TOKEN}">Open</a></p>', f"Open:\n{TOKEN}\n"),
        ('<footer>Us, <a href="/">/</a></footer>', "-- \nUs, /\n"),
        ("<p>Those:</p><ul><li>a<br>b</li></ul>", "Those:\n\n* a\n  b\n"),
        (
            "<p>A</p><dl> <dt>When</dt> <dd>now</dd> <dt>Address</dt><dd>x</dd></dl>",
            "A\n\n  When      now\n  Address   x\n",
        ),
        ("<head><title>T</title></head><header>H</header><p>x</p>", "x\n"),
        (f"<ul><li>{'word ' * 16}</li></ul>", f"* {'word ' * 14}word\n  word\n"),
    ],
)
def test_text_is_what_the_html_says(html, text):
    assert text_of(html) == text


@pytest.fixture
def membership(main):
    main.name = "<i>www.evil.example</i>"
    return MembershipFactory(account=main)


@pytest.fixture
def change(db):
    """Have a mail sent about a change of how somebody signs in."""
    context = {
        "password_reset_url": mail.link("/x"),
        "timestamp": datetime(2026, 5, 1, 9, 59, tzinfo=UTC),
        "ip": "203.0.113.7",
        "user_agent": FIREFOX,
    }
    adapter = AccountAdapter(None)
    return lambda what: adapter.send_mail(what, "you@acme.example", context)


@pytest.mark.parametrize("what", SUBJECTS)
def test_mails_about_signing_in_look_like_all_others(change, mailoutbox, what):
    change(what)

    (sent,) = mailoutbox
    expect_the_look(sent)


@pytest.mark.parametrize(
    "send",
    [
        mail.send_added,
        mail.send_invitation,
        lambda each: mail.send_welcome(each, "key"),
    ],
)
def test_an_invitation_looks_like_all_others(membership, mailoutbox, send):
    membership.invited_by = "dana@acme.example"
    membership.invited_until = timezone.now()

    send(membership)

    (sent,) = mailoutbox
    expect_the_look(sent)
    html = sent.alternatives[0].content
    assert "“&lt;i&gt;www[.]evil[.]example&lt;/i&gt;”" in html
    assert "“<i>www[.]evil[.]example</i>”" in sent.body


def test_a_reset_by_staff_looks_like_all_others(membership, mailoutbox):
    mail.send_password_reset(membership.user)

    (sent,) = mailoutbox
    expect_the_look(sent)


def test_the_source_of_a_mail_can_be_read(membership):
    # That is how those of the demo are read; a torn address opens nothing.
    context = {"link": TOKEN, "days": 7}

    sent = compose("a@x.example", "Reset", "accounts/mail/reset.html", context)

    source = sent.message().as_bytes().decode()
    assert f"Choose a new password:\n{TOKEN}\n" in source


def test_a_change_is_told_with_time_place_and_browser(change, mailoutbox):
    with timezone.override("Asia/Tokyo"):
        change("mfa/email/webauthn_added")

    assert mailoutbox[0].body.startswith(
        "A passkey was added.\n\n"
        "  When      1 May 2026, 09:59 UTC\n"
        "  Address   203.0.113.7\n"
        "  Browser   Firefox on Linux\n\n"
    )


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) Chrome/142.0 Safari/537.36 Edg/142",
            "Edge on ",
        ),
        ("curl/8.5 see www.evil.example", "“curl/8[.]5 see www[.]evil[.]example”"),
        ("Mozilla/5.0 (X11; CrOS x86_64) Chrome/140 Safari/537", "Chrome on ChromeOS"),
        ("Mozilla/5.0 (iPhone; like Mac OS X) CriOS/140 Safari/6", "Chrome on an iPh"),
        ("", "An unknown browser"),
    ],
)
def test_browsers_are_called_as_people_call_them(agent, name):
    assert named(agent).startswith(name)


# Of pages that Tollgate does not offer.
CLOSED = re.compile(
    "account_already|email_|login_code|password_reset_code|password_set"
)


def test_every_mail_that_allauth_may_send_has_a_subject():
    (folder,) = allauth.__path__
    found = Path(folder, "templates").glob("*/email/*_message.txt")
    names = {f"{path.parent.parent.name}/email/{path.stem}" for path in found}

    wanted = {each.removesuffix("_message") for each in names}
    ours = {
        each
        for each in wanted
        if not CLOSED.search(each) and not each.startswith("socialaccount/")
    }
    assert ours - {"account/email/base"} == SUBJECTS.keys()
