"""What the groups of a provider give and take, at sign-ins and by changes of the list."""

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.utils import timezone

from accounts import members
from accounts.audit.trail import Actor
from accounts.identity import group_roles
from accounts.identity.groups import MOST_GROUPS, apply_groups
from accounts.models import (
    Action,
    AuditEvent,
    EmailDomain,
    GroupRole,
    IdentityProvider,
    Membership,
    Role,
    SeenGroups,
)
from accounts.rule_violations import Gone, RuleViolation
from tests.accounts.mails import said
from tests.factories import ChildFactory, MainFactory, MembershipFactory, UserFactory

BY = Actor("dana@acme.example")


def provider_of(organisation, slug="acme"):
    provider = IdentityProvider(
        slug=slug,
        name=slug.title(),
        organisation=organisation,
        issuer=f"https://{slug}.example",
        client_id="x",
        groups_claim="groups",
        is_on=True,
        tested_at=timezone.now(),
    )
    provider.seal("secret")
    provider.save()
    return provider


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


def give(account, group, role=Role.USER):
    return GroupRole.objects.create(account=account, group=group, role=role)


def roles(person):
    return {
        row.account: row.role for row in person.memberships.select_related("account")
    }


def session_of(person, key="x"):
    return UserSession.objects.create(user=person, ip="192.0.2.1", session_key=key)


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


# The list


def test_what_leaves_the_list_is_taken_at_once(main, provider, person):
    sub, other = ChildFactory(main=main), UserFactory()
    for group, role in (("platform", Role.ADMIN), ("staff", Role.READ_ONLY)):
        give(sub, group, role)
    MembershipFactory(account=sub)
    apply_groups(provider, person, ["platform", "staff"])
    apply_groups(provider, other, ["staff"])
    for each in (person, other):
        session_of(each, each.email)

    group_roles.replace(sub, {"staff": Role.READ_ONLY}, by=BY)

    assert roles(person) == {sub: Role.READ_ONLY}
    assert roles(other) == {sub: Role.READ_ONLY}
    assert [each.user for each in UserSession.objects.all()] == [other]
    event = AuditEvent.objects.get(action=Action.GROUPS_CHANGED)
    assert event.data["changes"] == [["group", "platform as admin", None]]
    assert event.data["sessions_ended"] == 1


def test_clearing_the_list_takes_all_but_the_last_admin(main, provider, person):
    sub, other = ChildFactory(main=main), UserFactory()
    give(sub, "platform", Role.ADMIN)
    give(sub, "staff")
    apply_groups(provider, person, ["platform"])
    apply_groups(provider, other, ["staff"])
    SeenGroups.objects.filter(user=other).delete()

    group_roles.replace(sub, {}, by=BY)

    assert roles(other) == {}
    assert person.memberships.get().kept_at


def test_what_is_new_is_given_at_the_next_sign_in(main, provider, person):
    apply_groups(provider, person, ["platform"])
    session_of(person)

    row = group_roles.add(main, "platform", Role.USER, by=BY)

    assert (str(row), roles(person)) == ("platform", {})
    assert not UserSession.objects.exists()
    apply_groups(provider, person, ["platform"])
    group_roles.replace(main, {"platform": Role.ADMIN}, by=BY)
    assert roles(person) == {main: Role.USER}
    apply_groups(provider, person, ["platform"])
    assert roles(person) == {main: Role.ADMIN}


def test_the_same_list_again_is_no_change(main, provider):
    group_roles.replace(main, {"platform": Role.USER}, by=BY)
    before = AuditEvent.objects.count()

    group_roles.replace(main, {"platform": Role.USER}, by=BY)

    assert AuditEvent.objects.count() == before


def test_a_token_makes_no_group_admin_before_an_admin_agrees(main, provider, person):
    group_roles.replace(main, {"platform": Role.ADMIN}, by=BY, is_token=True)
    apply_groups(provider, person, ["platform"])
    row = main.group_roles.get()
    before = (row.waits, roles(person))

    group_roles.confirm(row, by=BY)
    apply_groups(provider, person, ["platform"])

    assert (before, roles(person)) == ((True, {}), {main: Role.ADMIN})
    first = AuditEvent.objects.filter(action=Action.GROUPS_CHANGED).earliest("pk")
    asked = "platform as admin, which waits for an admin"
    assert first.data["changes"] == [["group", None, asked]]


def test_a_group_is_on_the_list_once_and_the_list_has_an_end(main, monkeypatch):
    row = group_roles.add(main, "platform", Role.USER, by=BY)
    with pytest.raises(RuleViolation, match="platform has a role in Acme already"):
        group_roles.add(main, "platform", Role.ADMIN, by=BY)
    monkeypatch.setattr(group_roles, "MOST_GROUPS", 1)
    with pytest.raises(RuleViolation, match="up to 1 groups"):
        group_roles.add(main, "staff", Role.USER, by=BY)

    group_roles.remove(row, by=BY)
    with pytest.raises(Gone):
        group_roles.confirm(row, by=BY)


def test_whom_a_change_affects(main, provider):
    sub = ChildFactory(main=main)
    give(sub, "platform", Role.USER)
    give(sub, "boss", Role.ADMIN)
    people = {name: UserFactory(email=f"{name}@x.example") for name in "abcde"}
    MembershipFactory(account=sub, user=people["b"], role=Role.READ_ONLY)
    for name, groups in {
        "a": ["platform"],
        "b": ["platform"],
        "c": ["platform", "boss"],
        "d": ["new"],
        "e": ["other"],
    }.items():
        apply_groups(provider, people[name], groups)

    def effects(group, role):
        return {
            each.email[0]: each.words for each in group_roles.preview(sub, group, role)
        }

    by_hand = "stays read only, given by hand"
    assert effects("platform", None) == {
        "a": "loses access at once",
        "b": by_hand,
        "c": "stays admin",
    }
    assert effects("platform", Role.READ_ONLY)["a"] == "is read only at once"
    assert effects("platform", Role.ADMIN)["a"] == "becomes admin at the next sign-in"
    assert effects("new", Role.USER) == {"d": "becomes user at the next sign-in"}
    assert effects("new", None) == {"d": "gets nothing"}
    assert effects("boss", None) == {"c": "stays admin, as the last one"}


def test_an_organisation_knows_its_own_people_only(main, provider, person):
    shared, other = provider_of(None, "shared"), MainFactory()
    stranger = UserFactory(email="x@globex.example")
    member = MembershipFactory(account=main).user
    EmailDomain.objects.create(domain="acme.example", organisation=main.organisation)
    for each in (person, stranger, member):
        apply_groups(shared, each, ["platform"])
    apply_groups(provider_of(other.organisation, "globex"), stranger, ["platform"])

    seen = group_roles.seen_in(main.organisation)

    assert {row.user for row in seen} == {person, member}


def test_a_removed_provider_leaves_what_it_gave(main, provider, person):
    give(main, "platform")
    apply_groups(provider, person, ["platform"])

    provider.delete()

    assert Membership.objects.get(user=person).granted_by is None
