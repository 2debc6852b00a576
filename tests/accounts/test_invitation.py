"""From the invitation mail to the first login, for new people and for known ones."""

import re
from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.urls import reverse
from django.utils import timezone

from accounts import invitations, mail, members
from accounts.audit.trail import Actor
from accounts.models import (
    Account,
    Action,
    AuditEvent,
    Membership,
    OutgoingMail,
    Role,
    User,
)
from accounts.relations import relations
from accounts.rule_violations import RuleViolation
from tests.accounts.mails import said
from tests.accounts.signing_in import PASSWORD, sign_in
from tests.factories import ChildFactory, MainFactory, MembershipFactory, UserFactory

BY = Actor("dana@acme.example")
NEW = "new@acme.example"


@pytest.fixture
def invited(main, mailoutbox):
    """Somebody new, who was mailed an invitation."""
    return members.add_member(main, email=NEW, role=Role.USER, by=BY, full_name="Nia")


@pytest.fixture
def known(db):
    """Somebody with a login, who belongs elsewhere."""
    user = UserFactory(email="known@x.example", password=PASSWORD, full_name="Own Name")
    MembershipFactory(user=user)
    return user


@pytest.fixture
def guest(main, known, mailoutbox):
    """The same, invited to Acme as an admin."""
    return members.add_member(main, email=known.email, role=Role.ADMIN, by=BY)


def link(message):
    return re.search(r"http://127\.0\.0\.1:8000(/\S+)", message.body)[1]


def choose(client, address, password=PASSWORD):
    return client.post(address, {"password1": password, "password2": password})


def accept(membership):
    organisation = membership.account.organisation
    return invitations.accept(membership.user, organisation, by=BY)


def now(membership):
    return Membership.objects.get(pk=membership.pk)


def events(account):
    found = AuditEvent.objects.filter(organisation=account.organisation_id)
    return list(found.order_by("pk").values_list("action", flat=True))


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


# People with a login


def test_who_has_a_login_accepts_signed_in(client, main, known, guest, mailoutbox):
    address = link(mailoutbox[0])
    assert client.get(address).url == f"/login/?next={address}"
    client.force_login(known)

    page = client.get(address)
    before = relations(known, main)
    answer = client.post(
        reverse("accounts:invitation_accept", args=[main.organisation_id])
    )

    assert "Acme" in page.text
    assert "Join" in page.text
    assert before == set()
    assert answer.url == reverse("tokens:shipping", args=[main.pk])
    assert client.get(answer.url).status_code == 200
    assert now(guest).entered_at
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.user) == (Action.USER_ACCEPTED, known)


def test_who_has_a_login_declines(client, main, known, guest):
    client.force_login(known)
    url = reverse("accounts:invitation_decline", args=[main.organisation_id])

    answer = client.post(url, follow=True)
    again = client.post(url)

    assert "You declined the invitation of Acme" in answer.text
    assert "No invitation for" in answer.text
    assert again.status_code == 409
    assert not Membership.objects.filter(pk=guest.pk).exists()


@pytest.mark.parametrize("verb", ["accept", "decline"])
@pytest.mark.parametrize("pk", [0, "9" * 30, "own"])
def test_nobody_answers_an_invitation_of_others(client, main, guest, verb, pk):
    client.force_login(UserFactory())
    pk = main.organisation_id if pk == "own" else pk

    answer = client.post(reverse(f"accounts:invitation_{verb}", args=[pk]))

    assert answer.status_code == 409
    assert "not open any more" in answer.text
    assert now(guest).state == "invited"


def test_nobody_is_invited_twice(main, guest):
    with pytest.raises(RuleViolation, match="is invited to Acme already"):
        members.add_member(main, email=guest.user.email, role=Role.USER, by=BY)


def test_the_switcher_tells_of_invitations(client, known, guest):
    client.force_login(known)
    url = reverse("accounts:switcher")

    before = client.get(url).text
    accept(guest)

    assert "You are invited to other accounts" in before
    assert "You are invited to other accounts" not in client.get(url).text


def test_an_operator_cannot_accept(client, main, staff):
    by = Actor("x@acme.example", user=UserFactory())
    added = members.add_member(main, email=staff.email, role=Role.USER, by=by)

    assert accept(added) == []


# What an invitation is not


def test_an_organisation_learns_nothing_of_who_is_invited(client, main, known, guest):
    before = events(main)

    sign_in(client, known.email, password="wrong")
    sign_in(client, known.email)
    client.post(reverse("accounts:profile"), {"full_name": "Another Name"})
    client.force_login(MembershipFactory(account=main).user)
    page = client.get(reverse("accounts:user_list", args=[main.pk])).text
    trail = client.get(reverse("accounts:audit_list", args=[main.pk]))

    assert events(main) == before
    assert known.email in page
    assert "Own Name" not in page
    assert "Another Name" not in page
    people = trail.context["form"].fields["who"].choices
    assert known.email not in dict(people)


def test_an_invited_admin_is_no_active_admin(main, guest):
    own = MembershipFactory(account=main)

    with pytest.raises(
        RuleViolation, check=lambda refusal: refusal.code == "last_admin"
    ):
        members.remove_member(own, by=BY)

    assert members.last_admin(main) == own.pk
    accept(guest)
    assert members.last_admin(main) is None


def test_an_invited_admin_gets_no_mail_and_is_not_named(main, guest, mailoutbox):
    mailoutbox.clear()

    told = mail.send_to_admins(main, "x", "accounts/mail/unknown.html")

    assert (told, mailoutbox) == (0, [])
    assert list(Membership.objects.helpers(main)) == []


def test_who_belongs_to_the_organisation_is_added_at_once(main, mailoutbox):
    child = ChildFactory(main=main)
    user = MembershipFactory(account=main).user

    added = members.add_member(child, email=user.email, role=Role.ADMIN, by=BY)

    assert added.state == "active"
    assert mailoutbox[0].subject == f"[Tollgate] You were added to “{child}”"
    with pytest.raises(RuleViolation, match="has accepted already"):
        members.invite_again(added, by=BY)


def test_who_accepts_belongs_to_all_that_the_organisation_asked_for(main, mailoutbox):
    accounts = [main, ChildFactory(main=main), MainFactory()]
    added = [
        members.add_member(each, email=NEW, role=Role.USER, by=BY) for each in accounts
    ]

    accepted = accept(added[1])

    assert accepted == added[:2]
    assert [now(each).state for each in added] == ["active", "active", "invited"]


def test_one_who_is_not_told_is_invited_without_an_end(main, known, mailoutbox):
    added = members.add_member(
        main, email=known.email, role=Role.USER, by=BY, tell=False
    )

    assert (added.state, added.invited_until, mailoutbox) == ("invited", None, [])
    assert accept(added) == [added]


def test_members_of_before_have_accepted(main, known, guest):
    came = MembershipFactory(account=main, accepted_at=None)
    migration = import_module("accounts.migrations.0026_invitations_are_accepted")

    migration.accept_all(apps, None)

    assert now(came).accepted_at == now(came).entered_at
    assert now(guest).accepted_at == now(guest).created_at


def test_the_profile_has_what_was_accepted(client, main, known, guest):
    client.force_login(known)

    assert "Acme" not in client.get(reverse("accounts:profile")).text


def test_mail_that_fails_leaves_the_invitation_and_waits(main, monkeypatch, caplog):
    def away(*args, **kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", away)

    members.add_member(main, email="a@x.example", role=Role.USER, by=BY)

    assert Membership.objects.filter(user__email="a@x.example").exists()
    assert OutgoingMail.objects.get().address == "a@x.example"
    assert "could not be sent" in caplog.text


def test_reset_mail_of_staff_leads_to_a_new_password(client, known, mailoutbox):
    mail.send_password_reset(known)

    page = client.get(link(mailoutbox[-1]), follow=True)
    choose(client, page.wsgi_request.path, "another good one 7")

    assert sign_in(client, known.email, "another good one 7").url == "/"
