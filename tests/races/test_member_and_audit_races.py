"""Two people change members, or write events, at the same moment."""

from functools import partial

import pytest

from accounts import invitations, members
from accounts.audit.trail import record, verify
from accounts.identity import group_roles
from accounts.identity.groups import apply_groups
from accounts.models import Action, AuditChain, AuditEvent, Membership, Role, User
from tests.accounts.identity.test_groups import provider_of
from tests.factories import ChildFactory, MainFactory, MembershipFactory, UserFactory
from tests.races.racers import BY, ROUNDS
from tokens.kinds import Kind
from tokens.models import Token

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
]


def lost(membership):
    return Membership.objects.select_related("account", "user").get(pk=membership.pk)


@pytest.mark.parametrize("action", ["suspend", "demote", "remove"])
def test_one_of_the_two_last_admins_stays(race, action):
    actions = {
        "suspend": partial(members.suspend_member, by=BY),
        "demote": partial(members.change_role, role=Role.USER, by=BY),
        "remove": partial(members.remove_member, by=BY),
    }
    account, people = MainFactory(), UserFactory.create_batch(2)
    for _ in range(ROUNDS):
        account.memberships.all().delete()
        rows = [MembershipFactory(account=account, user=user) for user in people]

        outcomes = race(*(partial(actions[action], lost(row)) for row in rows))

        assert outcomes == ["done", "last_admin"]
        assert account.memberships.admins().count() == 1


def test_a_person_who_is_removed_twice_is_gone_the_second_time(race):
    account = MainFactory()
    MembershipFactory(account=account)
    user = UserFactory()
    for _ in range(ROUNDS):
        row = MembershipFactory(account=account, user=user, role=Role.USER)

        outcomes = race(
            partial(members.remove_member, lost(row), by=BY),
            partial(members.remove_member, lost(row), by=BY),
        )

        assert outcomes == ["done", "gone"]


def test_two_accounts_can_invite_the_same_new_person(race):
    accounts = MainFactory.create_batch(2)
    for number in range(ROUNDS):
        email = f"new{number}@example.com"

        outcomes = race(
            *(
                partial(members.add_member, account, email=email, role=Role.USER, by=BY)
                for account in accounts
            )
        )

        assert outcomes == ["done", "done"]
        assert User.objects.get(email=email).memberships.count() == 2


def test_an_invitation_is_accepted_or_declined(race):
    account, user = MainFactory(), UserFactory()
    for _ in range(ROUNDS):
        row = MembershipFactory(account=account, user=user, accepted_at=None)

        race(
            partial(invitations.accept, user, account.organisation, by=BY),
            partial(invitations.decline, user, account.organisation),
            partial(members.remove_member, lost(row), by=BY),
        )

        left = account.memberships.filter(user=user)
        assert not left.filter(accepted_at=None).exists()
        left.delete()


def test_groups_and_hands_leave_one_admin(race):
    main, people = MainFactory(), UserFactory.create_batch(2)
    MembershipFactory(account=main)
    account = ChildFactory(main=main)
    provider = provider_of(main.organisation)
    account.group_roles.create(group="boss", role=Role.ADMIN)
    for _ in range(ROUNDS):
        account.memberships.all().delete()
        for person in people:
            apply_groups(provider, person, ["boss"])

        outcomes = race(
            *(partial(apply_groups, provider, person, []) for person in people),
            partial(group_roles.replace, account, {"boss": Role.ADMIN}, by=BY),
        )

        assert outcomes == ["done"] * 3
        assert account.memberships.admins().count() == 1


def test_every_chain_is_whole_after_a_race(race):
    accounts = MainFactory.create_batch(3)

    for number in range(ROUNDS):
        race(
            *(
                partial(
                    Token.issue,
                    account=accounts[each % 3],
                    kind=Kind.API,
                    name=f"{number} {each}",
                    by=BY,
                )
                for each in range(8)
            )
        )

    assert [verify(chain) for chain in AuditChain.objects.all()] == [None] * 3


def test_the_first_events_of_an_installation_make_one_chain(race):
    for _ in range(ROUNDS):
        AuditEvent.objects.all().delete()
        AuditChain.objects.all().delete()

        outcomes = race(*[partial(record, Action.LOGIN_FAILED, by=BY)] * 8)

        assert outcomes == ["done"] * 8
        chain = AuditChain.objects.get(organisation=None)
        assert (verify(chain), chain.sequence) == (None, 8)
