"""Manage users: each action on a member, by each person, with and without htmx."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.urls import reverse
from django.utils import timezone

from accounts.models import Action, AuditEvent, Membership, Role, User
from tests.factories import MembershipFactory, UserFactory

HX = {"HX-Request": "true"}


def act(client, verb, membership, data=None, headers=None, account=None):
    account = account or membership.account
    url = reverse(f"accounts:user_{verb}", args=[account.pk, membership.pk])
    return client.post(url, data, headers=headers)


def events():
    return set(AuditEvent.objects.values_list("action", flat=True))


@pytest.fixture
def other(main):
    """A second, plain member of the main account."""
    return MembershipFactory(account=main, role=Role.USER)


@pytest.fixture
def second_admin(main):
    return MembershipFactory(account=main, role=Role.ADMIN)


# Changing


ACTIONS = {
    "role": ({"role": "read_only"}, 302, 403),
    "suspend": (None, 302, 302),
    "unsuspend": (None, 302, 302),
    "remove": (None, 302, 403),
    "reset": (None, 403, 302),
    "reset_factors": (None, 403, 302),
    "sign_out": (None, 403, 302),
}


@pytest.mark.parametrize("verb", ACTIONS)
@pytest.mark.parametrize("who", ["admin", "member", "sub_admin", "outsider", "staff"])
def test_each_action_answers_each_person(client, other, request, who, verb):
    client.force_login(request.getfixturevalue(who))
    data, for_admin, for_staff = ACTIONS[verb]
    expected = {"admin": for_admin, "staff": for_staff, "member": 403}.get(who, 404)
    unknown = {"admin": 404, "staff": 404, "member": 403}.get(who, 404)

    response = act(client, verb, other, data)
    missing = act(client, verb, Membership(pk=2**40, account=other.account), data)

    assert response.status_code == expected
    assert missing.status_code == (403 if expected == 403 else unknown)


@pytest.mark.parametrize("verb", [*ACTIONS, "invite"])
def test_each_action_refuses_other_methods(client, admin, other, verb):
    client.force_login(admin)
    url = reverse(f"accounts:user_{verb}", args=[other.account_id, other.pk])

    answers = {method: getattr(client, method)(url) for method in ("put", "trace")}

    assert {answer.status_code for answer in answers.values()} == {405}


@pytest.mark.parametrize("verb", [*ACTIONS, "invite"])
def test_each_action_finds_members_of_its_account_only(
    client, main, sub, staff, sub_admin, verb
):
    client.force_login(staff)
    membership = sub.memberships.get()

    response = act(client, verb, membership, {"role": "user"}, account=main)

    assert response.status_code in (403, 404)


def test_role_change_swaps_the_row_and_frees_the_other_admin(
    client, main, admin, other
):
    client.force_login(admin)
    own = main.memberships.get(user=admin)

    response = act(client, "role", other, {"role": "admin"}, headers=HX)

    other.refresh_from_db()
    assert other.role == Role.ADMIN
    rows = re.findall(r'<tr id="member-(\d+)"([^>]*)>', response.text)
    assert [int(pk) for pk, _ in rows] == [other.pk, own.pk]
    assert ["hx-swap-oob" in rest for _, rest in rows] == [False, True]
    assert "admin now." in response.text
    assert Action.USER_ROLE_CHANGED in events()


@pytest.mark.parametrize("role", ["", "owner", "\x00", "x" * 9999])
def test_role_change_refuses_what_is_no_role(client, admin, other, role):
    client.force_login(admin)

    response = act(client, "role", other, {"role": role})

    assert response.status_code == 409
    assert "Choose one of the roles" in response.text


@pytest.mark.parametrize(
    ("verb", "data"), [("role", {"role": "user"}), ("suspend", None), ("remove", None)]
)
def test_last_admin_cannot_go(client, main, admin, verb, data):
    client.force_login(admin)
    own = main.memberships.get(user=admin)

    plain = act(client, verb, own, data)
    swapped = act(client, verb, own, data, headers=HX)

    assert plain.status_code == swapped.status_code == 409
    assert "last active admin" in plain.text
    assert swapped["HX-Retarget"] == "#notice"
    assert main.memberships.admins().get() == own


def test_suspended_admin_does_not_count(client, main, admin, second_admin):
    client.force_login(admin)
    act(client, "suspend", second_admin)

    response = act(client, "remove", main.memberships.get(user=admin))

    assert response.status_code == 409


def test_suspend_stops_at_once_and_unsuspend_brings_back(client, admin, other):
    client.force_login(admin)

    suspended = act(client, "suspend", other, headers=HX)
    state = Membership.objects.get(pk=other.pk).state
    back = act(client, "unsuspend", other, headers=HX)

    assert state == "suspended"
    assert 'title="Unsuspend"' in suspended.text
    assert 'title="Suspend"' in back.text
    assert Membership.objects.get(pk=other.pk).suspended_at is None
    assert {Action.USER_SUSPENDED, Action.USER_UNSUSPENDED} <= events()


def test_remove_asks_first_and_says_what_it_means(client, main, admin, other):
    client.force_login(admin)
    own = main.memberships.get(user=admin)

    ask = client.get(reverse("accounts:user_remove", args=[main.pk, other.pk])).text
    leave = client.get(reverse("accounts:user_remove", args=[main.pk, own.pk])).text

    assert "cannot enter" in ask
    assert "You lose your access" in leave
    assert Membership.objects.count() == 2


def test_remove_takes_the_row_away_and_closes_the_dialog(client, admin, other):
    client.force_login(admin)

    response = act(client, "remove", other, headers=HX)

    assert not Membership.objects.filter(pk=other.pk).exists()
    assert User.objects.filter(pk=other.user_id).exists()
    assert f"member-{other.pk}" not in response.text
    assert response["HX-Trigger"] == "tollgate:close"
    assert Action.USER_REMOVED in events()


def test_removed_person_gets_the_page_of_those_without_access(client, admin, other):
    client.force_login(other.user)
    url = reverse("accounts:user_list", args=[other.account_id])
    before = client.get(url).status_code
    other.delete()

    assert (before, client.get(url).status_code) == (403, 404)


# Inviting again


@pytest.mark.parametrize(
    ("who", "role", "status"),
    [("admin", "admin", 302), ("staff", "user", 302), ("staff", "admin", 403)],
)
def test_invitation_can_be_sent_again(
    client, main, admin, mailoutbox, request, who, role, status
):
    client.force_login(request.getfixturevalue(who))
    membership = invited(main, role=role)

    response = act(client, "invite", membership)

    assert response.status_code == status
    assert len(mailoutbox) == (status == 302)


def invited(account, **fields):
    user = UserFactory(last_login=None)
    return MembershipFactory(account=account, user=user, accepted_at=None, **fields)


def test_staff_invite_the_first_admin_again(client, main, staff, mailoutbox):
    membership = invited(main)
    client.force_login(staff)

    page = client.get(reverse("accounts:user_list", args=[main.pk])).text
    response = act(client, "invite", membership)

    assert 'title="Mail the invitation again"' in page
    assert (response.status_code, len(mailoutbox)) == (302, 1)


@pytest.mark.parametrize("verb", ["reset", "reset_factors", "sign_out"])
def test_nothing_is_done_about_the_login_of_who_is_invited(
    client, main, staff, mailoutbox, verb
):
    membership = invited(main)
    client.force_login(staff)

    page = client.get(reverse("accounts:user_list", args=[main.pk])).text
    response = act(client, verb, membership)

    assert "Sign out everywhere" not in page
    assert response.status_code == 409
    assert "has not accepted the invitation yet" in response.text
    assert mailoutbox == []


def test_an_invitation_is_withdrawn(client, main, admin):
    membership = invited(main)
    client.force_login(admin)
    url = reverse("accounts:user_remove", args=[main.pk, membership.pk])

    page = client.get(url)
    response = client.post(url, headers=HX)

    assert "Withdraw the invitation of" in page.text
    assert "was withdrawn." in response.text
    assert not Membership.objects.filter(pk=membership.pk).exists()
    event = AuditEvent.objects.get(action=Action.USER_REMOVED)
    assert event.data["what"] == "invitation withdrawn"


def test_invitation_is_not_for_those_who_accepted(client, main, admin, mailoutbox):
    membership = MembershipFactory(account=main)
    client.force_login(admin)

    assert act(client, "invite", membership).status_code == 409
    assert mailoutbox == []


# What staff do


def test_staff_start_a_password_reset(client, staff, other, mailoutbox):
    client.force_login(staff)

    response = act(client, "reset", other, headers=HX)

    assert other.user.email in response.text
    assert "/password/reset/key/" in mailoutbox[0].body
    assert Action.PASSWORD_RESET_STARTED in events()


def test_staff_remove_second_factors(client, staff, other):
    Authenticator.objects.create(
        user=other.user, type=Authenticator.Type.TOTP, data={"secret": "sealed"}
    )
    client.force_login(staff)

    act(client, "reset_factors", other)

    assert not Authenticator.objects.exists()
    assert Action.MFA_CHANGED in events()


def test_staff_end_sessions(client, staff, other):
    theirs = type(client)()
    theirs.force_login(other.user)
    theirs.get(reverse("accounts:profile"))
    client.force_login(staff)
    client.get(reverse("accounts:profile"))

    act(client, "sign_out", other)

    assert theirs.get(reverse("accounts:profile")).status_code == 302
    assert client.get(reverse("accounts:profile")).status_code == 200
    assert UserSession.objects.get().user == staff
    assert Action.SESSIONS_ENDED in events()


def test_row_that_went_away_meanwhile_is_told(client, main, admin, other, monkeypatch):
    client.force_login(admin)
    gone = Membership.objects.select_related("account", "user").get(pk=other.pk)
    monkeypatch.setattr("accounts.views.users._membership", lambda account, pk: gone)
    Membership.objects.filter(pk=other.pk).delete()

    response = act(client, "suspend", other, headers=HX)

    assert response.status_code == 404
    assert "is not there any more" in response.text


def test_deactivated_person_shows_as_disabled(client, main, admin):
    user = UserFactory(is_active=False, last_login=timezone.now())
    MembershipFactory(account=main, user=user)
    client.force_login(admin)

    text = client.get(reverse("accounts:user_list", args=[main.pk])).text

    assert 'data-state="disabled"' in text
