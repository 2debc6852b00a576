"""Members by the model's own verbs; pages: test_user_add and test_user_actions."""

import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection, transaction

from accounts import members
from accounts.audit.trail import Actor
from accounts.invitations import accept
from accounts.models import Account, Action, AuditEvent, Membership, Role, User
from accounts.rule_violations import Gone, RuleViolation
from tests.factories import MembershipFactory, UserFactory

BY = Actor("dana@acme.example")


@pytest.fixture
def plain(main):
    return MembershipFactory(account=main, role=Role.USER)


def events():
    return list(AuditEvent.objects.order_by("pk").values_list("action", "target"))


def test_add_makes_one_spelling_of_an_address(main):
    membership = members.add_member(
        main, email=" Zoe@Example.COM ", role=Role.USER, by=BY, full_name="Zoe"
    )

    assert membership.user.email == "zoe@example.com"
    assert (membership.spelled, membership.name) == ("Zoe@Example.COM", "Zoe")
    assert events()[-1] == (Action.USER_ADDED, "zoe@example.com")


def test_add_leaves_the_name_of_somebody_known(main):
    user = UserFactory(full_name="As they like it")

    members.add_member(main, email=user.email, role=Role.USER, by=BY, full_name="Other")

    assert User.objects.get(pk=user.pk).full_name == "As they like it"
    assert user.memberships.get().name == "Other"


def test_names_of_before_memberships_had_them_are_kept(main, plain):
    other = MembershipFactory(account=main, full_name="")
    migration = import_module("accounts.migrations.0012_names_belong_to_memberships")

    migration.give_each_membership_the_name_it_showed(apps, None)

    for membership in (plain, other):
        membership.refresh_from_db()
        assert membership.full_name == membership.user.full_name != ""


def test_who_was_added_without_a_name_goes_by_their_own(main):
    user = UserFactory(full_name="As they like it")
    members.add_member(main, email=user.email, role=Role.USER, by=BY)
    nobody = members.add_member(main, email="x@x.example", role=Role.USER, by=BY)

    before = user.memberships.get().name
    user.memberships.all().come_in()
    assert user.memberships.get().name == user.email
    accept(user, main.organisation, by=BY)

    assert (before, user.memberships.get().name) == (user.email, "As they like it")
    assert (nobody.called, nobody.name) == ("", "x@x.example")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_add_finds_the_person_that_another_account_adds_at_this_moment(main, outsider):
    other = outsider.memberships.get().account
    arguments = {"email": "zoe@x.example", "role": Role.USER, "by": BY}
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            members.add_member(other, **arguments)
            # Waits for this transaction to end, since e-mails are unique.
            second = threads.submit(_in_its_own_connection, main, arguments)
            time.sleep(0.5)
            assert not second.done()

        assert second.result() == User.objects.get(email="zoe@x.example").pk
    assert Membership.objects.filter(user__email="zoe@x.example").count() == 2


def _in_its_own_connection(account, arguments):
    try:
        return members.add_member(account, **arguments).user_id
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("act", "argument"),
    [
        (members.change_role, {"role": Role.ADMIN}),
        (members.rename_person, {"full_name": "Zoe"}),
        (members.suspend_member, {}),
        (members.unsuspend_member, {}),
        (members.remove_member, {}),
    ],
)
def test_what_was_removed_meanwhile_is_gone(plain, act, argument):
    Membership.objects.filter(pk=plain.pk).delete()

    with pytest.raises(Gone, match="is not there any more"):
        act(plain, by=BY, **argument)


def test_what_is_so_already_is_no_event(plain):
    members.suspend_member(plain, by=BY)
    before = events()

    members.suspend_member(plain, by=BY)
    members.change_role(plain, role=Role.USER, by=BY)
    members.rename_person(plain, full_name=plain.user.full_name, by=BY)
    again = events()
    members.unsuspend_member(plain, by=BY)
    members.unsuspend_member(plain, by=BY)

    assert again == before
    assert len(events()) == len(before) + 1


def test_role_change_tells_old_and_new(plain):
    members.change_role(plain, role=Role.ADMIN, by=BY)

    event = AuditEvent.objects.get(action=Action.USER_ROLE_CHANGED)
    assert event.data["changes"] == [["role", "user", "admin"]]
    assert plain.role == Role.ADMIN


def test_a_new_name_tells_old_and_new(plain):
    old = plain.user.full_name

    members.rename_person(plain, full_name="Zoe", by=BY)

    event = AuditEvent.objects.get(action=Action.USER_UPDATED)
    assert event.data["changes"] == [["full_name", old, "Zoe"]]
    assert Membership.objects.get(pk=plain.pk).name == "Zoe"
    assert User.objects.get(pk=plain.user_id).full_name == old


def test_last_admin_is_known(main, plain):
    assert members.last_admin(main) is None
    first = MembershipFactory(account=main)
    assert members.last_admin(main) == first.pk
    MembershipFactory(account=main)
    assert members.last_admin(main) is None


def test_last_admin_is_the_one_whose_person_is_active(main):
    first = MembershipFactory(account=main)
    second = MembershipFactory(account=main)
    User.objects.filter(pk=second.user_id).update(is_active=False)

    with pytest.raises(RuleViolation) as refusal:
        members.remove_member(first, by=BY)

    assert refusal.value.code == "last_admin"
    members.remove_member(second, by=BY)
    assert list(main.memberships.all()) == [first]


def test_invitation_is_sent_again_with_an_event(plain, mailoutbox):
    Membership.objects.filter(pk=plain.pk).update(accepted_at=None, entered_at=None)
    plain.refresh_from_db()

    members.invite_again(plain, by=BY)

    event = AuditEvent.objects.get(action=Action.USER_UPDATED)
    assert event.data["what"] == "invitation sent again"
    assert [mail.to for mail in mailoutbox] == [[plain.user.email]]


def test_founding_is_all_or_nothing(main, staff):
    before = Account.objects.count()

    with pytest.raises(RuleViolation):
        members.found_with_admin(name="Globex", email=staff.email, by=BY)

    assert Account.objects.count() == before
