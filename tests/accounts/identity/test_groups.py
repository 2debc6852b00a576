"""What the groups of a provider give and take, at sign-ins and by changes of the list."""

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.utils import timezone

from accounts import members
from accounts.identity.groups import MOST_GROUPS, apply_groups
from accounts.models import (
    Action,
    AuditEvent,
    EmailDomain,
    Role,
    SeenGroups,
)
from tests.accounts.identity.given_groups import (
    BY,
    give,
    provider_of,
    roles,
    session_of,
)
from tests.accounts.mails import said
from tests.factories import ChildFactory, MainFactory, MembershipFactory, UserFactory


@pytest.fixture
def provider(main):
    return provider_of(main.organisation)


@pytest.fixture
def person(db):
    return UserFactory(email="zoe@acme.example")


@pytest.fixture(autouse=True)
def _keep_an_admin(main):
    """Let the main account have an admin who was made by hand."""
    MembershipFactory(account=main)


def actions(*wanted):
    found = AuditEvent.objects.filter(action__in=wanted).order_by("pk")
    return list(found.values_list("action", flat=True))


def test_groups_give_the_most_that_each_account_has(main, provider, person):
    sub, other = ChildFactory(main=main), ChildFactory(main=main)
    give(main, "staff", Role.READ_ONLY)
    give(main, "platform", Role.ADMIN)
    give(sub, "staff", Role.USER)
    give(other, "sales", Role.USER)
    give(MainFactory(), "platform", Role.ADMIN)

    changes = apply_groups(provider, person, ["staff", "platform", "staff", None, ""])

    assert roles(person) == {main: Role.ADMIN, sub: Role.USER}
    assert changes.gained == [main.pk, sub.pk]
    rows = person.memberships.all()
    assert {row.granted_by for row in rows} == {provider}
    assert all(row.accepted_at and row.entered_at for row in rows)
    event = AuditEvent.objects.filter(action=Action.USER_ADDED).latest("pk")
    assert (event.actor_label, event.user) == ("Acme (groups)", None)


def test_the_same_again_changes_nothing(main, provider, person):
    give(main, "platform")
    apply_groups(provider, person, ["platform"])
    before = AuditEvent.objects.count()

    changes = apply_groups(provider, person, ["platform"])

    assert (changes.gained, changes.lost, changes.kept) == ([], [], [])
    assert AuditEvent.objects.count() == before


def test_a_lost_group_takes_and_signs_out(main, provider, person):
    sub = ChildFactory(main=main)
    give(main, "platform")
    give(sub, "platform", Role.ADMIN)
    give(sub, "staff", Role.READ_ONLY)
    MembershipFactory(account=sub)
    apply_groups(provider, person, ["platform", "staff"])
    for key in ("a", "b"):
        session_of(person, key)

    changes = apply_groups(provider, person, ["staff"], keep="b")

    assert roles(person) == {sub: Role.READ_ONLY}
    assert sorted(changes.lost) == [main.pk, sub.pk]
    assert [each.session_key for each in UserSession.objects.all()] == ["b"]
    assert actions(Action.USER_REMOVED, Action.USER_ROLE_CHANGED)


def test_more_is_given_without_a_sign_out(main, provider, person):
    give(main, "staff", Role.READ_ONLY)
    give(main, "platform", Role.USER)
    apply_groups(provider, person, ["staff"])
    session_of(person)

    changes = apply_groups(provider, person, ["platform"])

    assert roles(person) == {main: Role.USER}
    assert (changes.gained, changes.lost) == ([main.pk], [])
    assert UserSession.objects.count() == 1


def test_what_was_given_by_hand_stays(main, provider, person):
    MembershipFactory(account=main, user=person, role=Role.USER)
    give(main, "platform", Role.ADMIN)

    apply_groups(provider, person, ["platform"])
    apply_groups(provider, person, [])

    assert roles(person) == {main: Role.USER}


def test_a_role_that_was_changed_by_hand_is_by_hand(main, provider, person):
    give(main, "platform", Role.USER)
    apply_groups(provider, person, ["platform"])

    members.change_role(person.memberships.get(), role=Role.READ_ONLY, by=BY)
    apply_groups(provider, person, ["platform"])

    assert roles(person) == {main: Role.READ_ONLY}


def test_an_invitation_is_accepted_by_who_comes_with_a_group(main, provider, person):
    sub = ChildFactory(main=main)
    members.add_member(main, email=person.email, role=Role.USER, by=BY)
    give(sub, "platform", Role.USER)

    apply_groups(provider, person, ["platform"])

    assert {row.state for row in person.memberships.all()} == {"active"}
    assert person.memberships.get(account=main).granted_by is None


def test_who_is_suspended_stays_so(main, provider, person):
    give(main, "platform")
    apply_groups(provider, person, ["platform"])
    members.suspend_member(person.memberships.get(), by=BY)

    apply_groups(provider, person, [])
    apply_groups(provider, person, ["platform"])

    assert person.memberships.get().state == "suspended"


@pytest.mark.parametrize("left", [[], ["staff"]])
def test_the_last_admin_stays_and_that_is_said_once(main, provider, person, left):
    sub = ChildFactory(main=main)
    give(sub, "platform", Role.ADMIN)
    give(sub, "staff", Role.USER)
    apply_groups(provider, person, ["platform"])

    changes = [apply_groups(provider, person, left) for _ in range(2)]

    row = person.memberships.get()
    assert (row.role, bool(row.kept_at)) == (Role.ADMIN, True)
    assert [each.kept for each in changes] == [[sub.pk]] * 2
    assert actions(Action.USER_KEPT) == [Action.USER_KEPT]
    # One mail to each admin of the organisation.
    (sent,) = mail.outbox
    assert sent.to == [main.memberships.get().user.email]
    assert sent.subject.endswith(f"zoe@acme.example stays admin of {sub.name}")
    assert "no group of Acme gives it any more" in said(sent)
    assert f"/accounts/{sub.pk}/users/" in sent.body
    apply_groups(provider, person, ["platform"])
    assert person.memberships.get().kept_at is None


def test_who_was_kept_goes_once_another_is_admin(main, provider, person):
    sub = ChildFactory(main=main)
    give(sub, "platform", Role.ADMIN)
    apply_groups(provider, person, ["platform"])
    apply_groups(provider, person, [])
    MembershipFactory(account=sub)

    apply_groups(provider, person, [])

    assert roles(person) == {}


def test_the_providers_of_others_give_and_take_nothing(main, provider, person):
    give(main, "platform")
    stranger = provider_of(MainFactory().organisation, "evil")
    apply_groups(provider, person, ["platform"])

    apply_groups(stranger, person, [])
    apply_groups(stranger, UserFactory(), ["platform"])

    assert roles(person) == {main: Role.USER}
    assert main.memberships.count() == 2


@pytest.mark.parametrize("tie", ["domain", "member", None])
def test_a_provider_of_all_gives_where_somebody_belongs(main, person, tie):
    shared = provider_of(None, "shared")
    sub = ChildFactory(main=main)
    give(sub, "platform")
    if tie == "domain":
        EmailDomain.objects.create(
            domain="acme.example", organisation=main.organisation
        )
    if tie == "member":
        MembershipFactory(account=main, user=person)

    apply_groups(shared, person, ["platform"])

    assert sub.memberships.filter(user=person).exists() == (tie is not None)


def test_operators_get_nothing(main, provider, staff):
    give(main, "platform")

    apply_groups(provider, staff, ["platform"])

    assert not staff.memberships.exists()


def test_groups_of_a_person_are_bounded(main, provider, person):
    give(main, "last")
    names = [f"g{number}" for number in range(MOST_GROUPS)]

    apply_groups(provider, person, ["x" * 256, *names, "last"])

    # What gives something is remembered first.
    seen = SeenGroups.objects.get()
    assert seen.groups == ["last", *names[:-1]]
    assert str(seen) == "groups of zoe@acme.example"
    assert roles(person) == {main: Role.USER}


def test_a_deleted_account_gives_nothing(main, provider, person):
    sub = ChildFactory(main=main)
    give(sub, "platform")
    type(sub).objects.filter(pk=sub.pk).update(deleted_at=timezone.now())

    apply_groups(provider, person, ["platform"])

    assert roles(person) == {}
