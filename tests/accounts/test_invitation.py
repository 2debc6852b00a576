"""From the invitation mail to the first login, and what is mailed otherwise."""

import re

import pytest
import time_machine
from django.urls import reverse

from accounts import mail, members
from accounts.audit.trail import Actor
from accounts.models import Action, AuditEvent, Membership, OutgoingMail, Role
from tests.accounts.mails import said
from tests.factories import MembershipFactory, UserFactory

BY = Actor("dana@acme.example")
PASSWORD = "correct horse battery"


@pytest.fixture
def invited(main, mailoutbox):
    user = UserFactory(email="new@acme.example", full_name="", last_login=None)
    membership = MembershipFactory(account=main, user=user, role=Role.USER)
    mail.send_invitation(membership, "dana@acme.example")
    return membership


def link(message):
    return re.search(r"http://127\.0\.0\.1:8000(/\S+)", message.body)[1]


def choose(client, address, password=PASSWORD):
    page = client.get(address, follow=True)
    data = {"password1": password, "password2": password}
    return client.post(page.wsgi_request.path, data)


def sign_in(client):
    data = {"login": "new@acme.example", "password": PASSWORD}
    return client.post(reverse("account_login"), data)


def test_invited_person_sets_a_password_and_signs_in(client, invited, mailoutbox):
    before = invited.state

    chosen = choose(client, link(mailoutbox[0]))
    signed_in = sign_in(client)

    after = Membership.objects.get(pk=invited.pk).state
    assert (before, after) == ("invited", "active")
    assert chosen.status_code == 302
    assert signed_in.url == "/"
    assert client.get("/").url == reverse("accounts:general", args=[invited.account_id])
    assert AuditEvent.objects.filter(action=Action.PASSWORD_CHANGED).count() == 1


def test_invitation_names_inviter_account_and_role(invited, mailoutbox):
    (message,) = mailoutbox

    assert message.subject == "[Tollgate] You were added to “Acme”"
    assert "dana@acme.example added you to the account “Acme”" in said(message)
    assert "Your role there is: User" in said(message)
    assert "works for 7 days" in said(message)


def test_invitation_works_for_a_week(client, main, mailoutbox):
    user = UserFactory(email="new@acme.example", last_login=None)
    membership = MembershipFactory(account=main, user=user)
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        mail.send_invitation(membership, "dana@acme.example")
        clock.shift(8 * 24 * 3600)
        page = client.get(link(mailoutbox[0]), follow=True)

    assert "link is used up" in page.text


def test_invitation_works_once(client, invited, mailoutbox):
    choose(client, link(mailoutbox[0]))

    page = client.get(link(mailoutbox[0]), follow=True)

    assert "link is used up" in page.text


def test_invitation_of_another_person_does_not_open(client, invited, mailoutbox):
    other = UserFactory(last_login=None)
    uid, _, key = link(mailoutbox[0]).rpartition("/key/")[2].partition("-")
    forged = link(mailoutbox[0]).replace(f"/key/{uid}-", f"/key/{other.pk + 1}-")

    page = client.get(forged, follow=True)

    assert key
    assert "link is used up" in page.text


def test_invited_person_can_ask_for_a_reset_instead(client, invited, mailoutbox):
    client.post(reverse("account_reset_password"), {"email": "new@acme.example"})

    choose(client, link(mailoutbox[-1]))

    assert sign_in(client).url == "/"


def test_invited_person_of_two_accounts_gets_the_link_in_both_mails(
    main, sub, mailoutbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        for account in (main, sub):
            members.add_member(account, email="Twice@x.example", role=Role.USER, by=BY)

    assert ["/password/reset/key/" in m.body for m in mailoutbox] == [True, True]


def test_known_person_gets_a_notice_without_a_link_for_the_password(
    invited, mailoutbox
):
    mail.send_added(invited, "dana@acme.example")

    assert "/password/reset/" not in mailoutbox[-1].body
    assert "http://127.0.0.1:8000/\n" in mailoutbox[-1].body


def test_reset_mail_of_staff_leads_to_a_new_password(client, invited, mailoutbox):
    mail.send_password_reset(invited.user)

    choose(client, link(mailoutbox[-1]))

    assert sign_in(client).url == "/"


def test_mail_that_fails_leaves_the_member_and_waits(main, monkeypatch, caplog):
    def away(*args, **kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", away)

    members.add_member(main, email="a@x.example", role=Role.USER, by=BY)

    assert Membership.objects.filter(user__email="a@x.example").exists()
    assert OutgoingMail.objects.get().address == "a@x.example"
    assert "could not be sent" in caplog.text
