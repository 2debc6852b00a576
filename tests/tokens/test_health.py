from datetime import timedelta

import pytest

from accounts.audit.trail import Actor
from accounts.lifecycle import delete_account
from accounts.members import remove_member, suspend_member
from accounts.models import AccountKind
from tests.factories import BY, ChildFactory, MembershipFactory, ShareFactory
from tests.tokens.health import NOON, by, found, token
from tokens.health import UNUSED_FOR
from tokens.kinds import Kind
from tokens.models import StoredSecret, Token

pytestmark = pytest.mark.usefixtures("well")


def test_nothing_is_wrong_at_first(main, sub, admin):
    token(main, admin)

    assert found(main.tokens.all()) == {}


@pytest.mark.parametrize(
    ("fields", "slug"),
    [
        ({"used": None}, "never-used"),
        ({"used": None, "made": 7.01}, "never-used"),
        ({"used": UNUSED_FOR.days + 0.01}, "unused"),
        ({"ends": None}, "endless"),
        ({"ends": None, "kind": Kind.LOGS}, "endless"),
    ],
)
def test_each_finding(main, admin, fields, slug):
    token(main, admin, name="wrong", **fields)

    assert found(main.tokens.filter(name="wrong")) == {slug: ["wrong"]}


@pytest.mark.parametrize(
    "fields",
    [
        {"used": None, "made": 6.99},
        {"used": UNUSED_FOR.days - 0.01},
    ],
)
def test_what_is_in_time_is_no_finding(main, admin, fields):
    token(main, admin, **fields)

    assert found() == {}


@pytest.mark.parametrize("how", ["disable", "delete_softly"])
def test_what_does_not_work_is_no_finding(main, admin, how):
    getattr(token(main, admin, used=None, ends=None), how)(by=BY)
    token(main, admin, used=None, ends=-1)

    assert found() == {}


def test_the_last_log_token_has_no_remedy_and_is_no_finding(main, admin):
    Token.objects.update(created_at=NOON - timedelta(days=200))
    assert found() == {}

    token(main, admin, name="spare", kind=Kind.LOGS, ends=None)

    assert found()["endless"] == ["default", "spare"]
    assert found()["never-used"] == ["default"]


def test_the_single_token_of_an_account_is_as_it_has_to_be(main, admin):
    ChildFactory(main=main, kind=AccountKind.METRICS)
    Token.objects.update(created_by=admin.email, created_at=NOON - timedelta(days=200))
    assert found() == {}

    Token.objects.update(last_used_at=NOON - timedelta(days=100))

    assert found() == {}


def test_a_link_without_a_filter(main, admin, env):
    ShareFactory(account=main, name="narrow", filters=[env])
    paused = ShareFactory(account=main, name="paused")
    paused.token.disable(by=BY)
    ShareFactory(account=main, name="wide")
    Token.objects.update(created_by=admin.email)

    assert found() == {"unfiltered": ["wide"]}


@pytest.mark.parametrize("leave", [remove_member, suspend_member])
def test_what_people_leave_behind(main, sub, admin, sub_admin, leaver, leave):
    token(main, leaver.user, name="left")
    token(main, admin, name="kept")
    Token.objects.filter(account=sub).update(created_by=admin.email)
    assert found() == {}

    leave(leaver, by=BY)

    assert found() == {"abandoned": ["left"]}


def test_who_is_still_somewhere_in_the_organisation_has_not_gone(main, sub, leaver):
    token(main, leaver.user, name="left")
    MembershipFactory(account=main, user=leaver.user)
    remove_member(leaver, by=BY)

    assert "abandoned" not in found(main.tokens.all())


def test_members_of_another_organisation_have_gone_from_here(main, outsider):
    token(main, outsider, name="foreign")

    assert found(main.tokens.all()) == {"abandoned": ["foreign"]}


def test_who_was_shut_out_of_the_installation_has_gone(main, leaver):
    token(main, leaver.user, name="left")
    type(leaver.user).objects.filter(pk=leaver.user.pk).update(is_active=False)

    assert found(main.tokens.all()) == {"abandoned": ["left"]}


def test_what_programs_and_operators_made_is_nobodys(main, staff):
    token(main, staff, name="by staff")
    made = token(main, staff, name="by the console")
    Token.objects.filter(pk=made.pk).update(created_by="operator console")

    assert found(main.tokens.all()) == {}


def test_an_address_is_the_same_in_capitals(main, admin):
    made = token(main, admin)
    Token.objects.filter(pk=made.pk).update(created_by="Admin@ACME.example")

    assert found() == {}


def test_whoever_rotates_a_token_answers_for_it(main, admin, leaver):
    left = token(main, leaver.user, name="left")
    suspend_member(leaver, by=BY)
    left.rotate(by=by(admin), overlap=timedelta(hours=1))
    assert found() == {}
    assert Token.objects.get(pk=left.pk).kept_by == admin.email

    left.roll_back(by=by(admin))

    assert found() == {"abandoned": ["left"]}


def test_a_program_that_rotates_answers_for_nothing(main, leaver):
    left = token(main, leaver.user, name="left")
    suspend_member(leaver, by=BY)

    left.rotate(by=Actor(label="Terraform", token_id=1))

    assert found(main.tokens.all()) == {"abandoned": ["left"]}


def test_who_was_handed_a_token_may_go_as_well(main, admin, leaver):
    kept = token(main, admin, name="kept")
    kept.hand_over(leaver.user.email, by=by(admin))

    suspend_member(leaver, by=BY)

    assert found() == {"abandoned": ["kept"]}


def test_old_keys(main, admin):
    old = token(main, admin, name="old", used=None, ends=None)
    old.disable(by=BY)
    StoredSecret.objects.filter(token=old).update(enc_kid=99)

    assert found() == {"old-key": ["old"]}


def test_a_token_whose_accounts_are_all_gone(main, sub, admin):
    web = ChildFactory(main=main, name="Web")
    token(main, admin, name="one", accounts=[sub.pk])
    token(main, admin, name="both", accounts=[sub.pk, web.pk])
    token(main, admin, name="own", accounts=[main.pk])
    token(main, admin, name="all")
    assert "nowhere" not in found()

    delete_account(sub, by=BY)

    assert found(main.tokens.all())["nowhere"] == ["one"]
