"""How people and tokens relate to accounts."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.models import AccountKind, Role
from accounts.permissions import Operation, may, require
from accounts.relations import Relation, relations, relations_to, token_relations
from tests.factories import ChildFactory, MainFactory, MembershipFactory, UserFactory
from tokens.models import Token


@pytest.fixture
def places(main):
    return {
        "main": main,
        "open": ChildFactory(main=main, name="Open"),
        "shut": ChildFactory(main=main, name="Shut", accessible=False),
        "metrics": ChildFactory(main=main, name="M", kind=AccountKind.METRICS),
        "deleted": _deleted(ChildFactory(main=main, name="Gone")),
        "other": MainFactory(name="Other"),
    }


def _deleted(account):
    account.deleted_at = account.created_at
    account.save()
    return account


PEOPLE = [
    (
        "main",
        Role.ADMIN,
        {
            "main": {Relation.ADMIN},
            "open": {Relation.MAIN_ADMIN},
            "shut": {Relation.MAIN_ADMIN_SHUT},
            "metrics": {Relation.MAIN_ADMIN},
            "deleted": set(),
            "other": set(),
        },
    ),
    (
        "main",
        Role.USER,
        {
            "main": {Relation.MEMBER},
            "open": {Relation.MAIN_MEMBER},
            "shut": {Relation.MAIN_MEMBER_SHUT},
            "metrics": {Relation.MAIN_MEMBER},
            "deleted": set(),
            "other": set(),
        },
    ),
    (
        "open",
        Role.ADMIN,
        {
            "main": set(),
            "open": {Relation.ADMIN},
            "shut": set(),
            "metrics": set(),
            "deleted": set(),
            "other": set(),
        },
    ),
    (
        "deleted",
        Role.ADMIN,
        {
            name: set()
            for name in ("main", "open", "shut", "metrics", "deleted", "other")
        },
    ),
]


@pytest.mark.parametrize(("home", "role", "found"), PEOPLE)
def test_relations_of_people(places, home, role, found):
    user = MembershipFactory(account=places[home], role=role).user

    assert {name: relations(user, place) for name, place in places.items()} == found


def test_a_person_can_have_two_relations(places):
    user = MembershipFactory(account=places["main"], role=Role.USER).user
    MembershipFactory(account=places["shut"], user=user)

    assert relations(user, places["shut"]) == {
        Relation.ADMIN,
        Relation.MAIN_MEMBER_SHUT,
    }


def test_staff_relate_to_everything_even_deleted(places, staff):
    assert {name: relations(staff, place) for name, place in places.items()} == {
        name: {Relation.STAFF} for name in places
    }


@pytest.mark.parametrize("stopped", ["membership", "person"])
def test_suspension_ends_every_relation(places, stopped):
    membership = MembershipFactory(account=places["main"])
    if stopped == "person":
        membership.user.is_active = False
        membership.user.save()
    else:
        membership.suspended_at = membership.created_at
        membership.save()

    found = [relations(membership.user, place) for place in places.values()]

    assert found == [set()] * len(places)


TOKENS = [
    (
        "main",
        {
            "main": {Relation.TOKEN},
            "open": {Relation.MAIN_TOKEN},
            "shut": {Relation.MAIN_TOKEN_SHUT},
            "metrics": {Relation.MAIN_TOKEN},
            "deleted": set(),
            "other": set(),
        },
    ),
    (
        "open",
        {
            "main": set(),
            "open": {Relation.TOKEN},
            "shut": set(),
            "metrics": set(),
            "deleted": set(),
            "other": set(),
        },
    ),
]


@pytest.mark.parametrize(("home", "found"), TOKENS)
def test_relations_of_tokens(places, home, found):
    assert {
        name: token_relations(Token(account=places[home]), place)
        for name, place in places.items()
    } == found


def test_a_token_kept_to_accounts_relates_to_no_other_child(places):
    token = Token(account=places["main"], kept_to=f",{places['open'].pk},")

    assert {name: token_relations(token, place) for name, place in places.items()} == {
        "main": {Relation.TOKEN},
        "open": {Relation.MAIN_TOKEN},
        **{name: set() for name in ("shut", "metrics", "deleted", "other")},
    }


def test_may_and_require_agree(places, member, outsider):
    main = places["main"]

    assert may(member, Operation.ACCOUNT_VIEW, main)
    assert not may(member, Operation.API_LIST, main)
    require(relations(member, main), Operation.ACCOUNT_VIEW, main)
    with pytest.raises(PermissionDenied) as refusal:
        require(relations(member, main), Operation.API_LIST, main)
    assert str(refusal.value) == "api.list is not allowed here"
    with pytest.raises(Http404):
        require(relations(outsider, main), Operation.API_LIST, main)


def test_relations_to_accounts_of_several_organisations(places, admin, outsider):
    mine, theirs = places["open"], ChildFactory(main=places["other"])

    found = relations_to(admin, [mine, theirs])

    assert found == {mine.pk: {Relation.MAIN_ADMIN}, theirs.pk: set()}


def test_a_new_person_relates_to_nothing(places):
    user = UserFactory()

    assert [relations(user, place) for place in places.values()] == [set()] * 6
