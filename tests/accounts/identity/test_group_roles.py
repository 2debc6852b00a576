"""The list of groups and their roles: what a change of it gives and takes."""

import pytest
from allauth.usersessions.models import UserSession

from accounts.identity import group_roles
from accounts.identity.groups import apply_groups
from accounts.models import (
    Action,
    AuditEvent,
    EmailDomain,
    Membership,
    Role,
    SeenGroups,
)
from accounts.rule_violations import Gone, RuleViolation
from tests.accounts.identity.given_groups import (
    BY,
    give,
    provider_of,
    roles,
    session_of,
)
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
