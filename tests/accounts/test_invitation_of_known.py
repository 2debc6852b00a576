"""Invitations of people who have a login already."""

from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse

from accounts import mail, members
from accounts.audit.trail import Actor
from accounts.models import (
    Action,
    AuditEvent,
    Membership,
    OutgoingMail,
    Role,
)
from accounts.relations import relations
from accounts.rule_violations import RuleViolation
from tests.accounts.invited import BY, NEW, accept, choose, events, link, now
from tests.accounts.signing_in import PASSWORD, sign_in
from tests.factories import ChildFactory, MainFactory, MembershipFactory, UserFactory


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
