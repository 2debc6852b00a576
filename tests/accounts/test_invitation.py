"""From the invitation mail to the first login, for new people and for known ones."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts import members
from accounts.models import (
    Account,
    Action,
    AuditEvent,
    Membership,
    Role,
    User,
)
from tests.accounts.invited import BY, NEW, accept, choose, events, link, now
from tests.accounts.mails import said
from tests.accounts.signing_in import PASSWORD, sign_in
from tests.factories import ChildFactory, MainFactory, MembershipFactory


@pytest.fixture
def invited(main, mailoutbox):
    """Somebody new, who was mailed an invitation."""
    return members.add_member(main, email=NEW, role=Role.USER, by=BY, full_name="Nia")


# New people


def test_a_new_person_chooses_a_password_and_is_in(client, main, invited, mailoutbox):
    page = client.get(link(mailoutbox[0]))
    before = now(invited).state

    joined = choose(client, link(mailoutbox[0]))

    assert f"dana@acme.example invites {NEW}" in page.text
    assert (before, now(invited).state) == ("invited", "active")
    assert (joined.status_code, joined.url) == (302, "/")
    assert client.get("/").url == reverse("accounts:general", args=[main.pk])
    last = [Action.USER_ACCEPTED, Action.PASSWORD_CHANGED, Action.LOGIN]
    assert events(main)[-3:] == last
    client.logout()
    assert sign_in(client, NEW).url == "/"


def test_joining_is_done_by_the_new_person(client, main, invited, mailoutbox):
    other = MembershipFactory(account=main).user
    client.force_login(other)

    choose(client, link(mailoutbox[0]))

    about = AuditEvent.objects.filter(
        action__in=[Action.USER_ACCEPTED, Action.LOGIN], organisation=main.organisation
    )
    assert {event.user for event in about} == {invited.user}
    assert AuditEvent.objects.filter(action=Action.LOGOUT, user=other).exists()
    assert int(client.session["_auth_user_id"]) == invited.user_id


def test_the_mail_names_inviter_account_and_role(invited, mailoutbox):
    (message,) = mailoutbox

    assert message.subject == "[Tollgate] You are invited to “Acme”"
    assert "dana@acme.example invites you to the account “Acme”" in said(message)
    assert "Your role there will be: User" in said(message)


@pytest.mark.parametrize("password", ["short", "12345678901"])
def test_a_weak_password_is_refused_and_nothing_accepted(
    client, invited, mailoutbox, password
):
    response = choose(client, link(mailoutbox[0]), password)

    assert response.status_code == 422
    assert "errorlist" in response.text
    assert now(invited).state == "invited"


def expect_closed(client, address):
    for answer in (
        client.get(address),
        choose(client, address),
        client.post(f"{address}decline/"),
    ):
        assert answer.status_code == 404
        assert "This invitation is closed" in answer.text


def test_an_invitation_is_open_for_a_week(client, main, mailoutbox):
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        late = members.add_member(main, email=NEW, role=Role.USER, by=BY)
        clock.shift(timedelta(days=7, seconds=-1))
        open_still = client.get(link(mailoutbox[0])).status_code
        clock.shift(timedelta(seconds=2))
        expect_closed(client, link(mailoutbox[0]))

        assert (open_still, late.has_lapsed, accept(late)) == (200, True, [])
        assert "open until 8 Jan 2026, 12:00 UTC" in said(mailoutbox[0])


def test_sent_again_it_is_open_for_another_week(client, main, mailoutbox):
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        late = members.add_member(main, email=NEW, role=Role.USER, by=BY)
        clock.shift(timedelta(days=9))
        members.invite_again(late, by=BY)

        assert not now(late).has_lapsed
        assert client.get(link(mailoutbox[1])).status_code == 200
        assert accept(late) == [late]


def _withdraw(membership):
    members.remove_member(membership, by=BY)


def _suspend(membership):
    members.suspend_member(membership, by=BY)


def _delete_account(membership):
    Account.objects.filter(pk=membership.account_id).update(deleted_at=timezone.now())


def _have_a_password(membership):
    membership.user.set_password(PASSWORD)
    membership.user.save()


def _have_come_by_a_provider(membership):
    User.objects.filter(pk=membership.user_id).update(last_login=timezone.now())


@pytest.mark.parametrize(
    "end",
    [
        accept,
        _withdraw,
        _suspend,
        _delete_account,
        _have_a_password,
        _have_come_by_a_provider,
    ],
)
def test_a_link_is_closed_by(client, main, mailoutbox, end):
    child = ChildFactory(main=main)
    invited = members.add_member(child, email=NEW, role=Role.USER, by=BY)

    end(invited)

    expect_closed(client, link(mailoutbox[0]))


def test_a_link_is_of_its_own_invitation(client, main, invited, mailoutbox):
    other = members.add_member(MainFactory(), email=NEW, role=Role.USER, by=BY)
    forged = link(mailoutbox[0]).replace(f"/{invited.pk}/", f"/{other.pk}/")

    expect_closed(client, forged)
    expect_closed(client, "/welcome/9" + "9" * 30 + "/x/")


def test_an_invitation_that_closes_meanwhile_gives_no_password(
    client, invited, mailoutbox, monkeypatch
):
    monkeypatch.setattr("accounts.forms.invitations.accept", lambda *_, **__: [])

    response = choose(client, link(mailoutbox[0]))

    assert response.status_code == 404
    assert not now(invited).user.has_usable_password()


def test_a_new_person_declines(client, main, invited, mailoutbox):
    response = client.post(f"{link(mailoutbox[0])}decline/", REMOTE_ADDR="192.0.2.9")

    assert "You declined" in response.text
    assert not Membership.objects.filter(pk=invited.pk).exists()
    event = AuditEvent.objects.latest("pk")
    told = (event.action, event.actor_label, event.user, event.ip)
    assert told == (Action.USER_DECLINED, NEW, None, None)


def test_a_new_person_may_ask_for_a_reset_and_accepts_then(
    client, main, invited, mailoutbox
):
    client.post(reverse("account_reset_password"), {"email": NEW})
    page = client.get(link(mailoutbox[-1]), follow=True)
    choose(client, page.wsgi_request.path)

    sign_in(client, NEW)

    assert client.get("/").url == reverse("accounts:invitations")
    assert Action.LOGIN not in events(main)
    assert Action.PASSWORD_CHANGED not in events(main)
