"""Guards of views: whom they let in, and what the view gets."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.utils import timezone

from accounts import permissions
from accounts.models import Role
from accounts.permissions import (
    Forbidden,
    Operation,
    about_oneself,
    allows,
    for_account,
    invitation,
    require,
    staff_only,
)
from accounts.relations import Relation, relations, relations_to
from tests.factories import MainFactory, MembershipFactory


@pytest.fixture
def tokens_of():
    @for_account(Operation.ACCOUNT_VIEW, Operation.API_LIST)
    def tokens_of(request, account, kind=""):
        return account, kind

    return tokens_of


@pytest.fixture
def ask(rf):
    def ask(view, user, *arguments):
        request = rf.get("/")
        request.user = user
        return request, view(request, *arguments)

    return ask


def test_a_view_gets_the_account_and_how_the_person_relates_to_it(
    ask, admin, main, tokens_of
):
    request, answer = ask(tokens_of, admin, main.pk, "api")

    assert answer == (main, "api")
    assert request.account == main
    assert request.relations == request.account.relations == {Relation.ADMIN}
    assert tokens_of.operations == (Operation.ACCOUNT_VIEW, Operation.API_LIST)


def test_the_organisation_comes_with_the_account(ask, admin, main, tokens_of):
    _, (account, _) = ask(tokens_of, admin, main.pk)

    assert "organisation" in account._state.fields_cache


def test_who_may_not_is_told_whose_admins_can_help(ask, member, main, tokens_of):
    with pytest.raises(Forbidden) as refusal:
        ask(tokens_of, member, main.pk)

    assert (refusal.value.account, refusal.value.operation) == (
        main,
        Operation.API_LIST,
    )


def test_to_a_stranger_the_account_does_not_exist(ask, outsider, main, tokens_of):
    with pytest.raises(Http404):
        ask(tokens_of, outsider, main.pk)


def test_who_enters_first_has_come_to_that_organisation(ask, main, tokens_of):
    here = MembershipFactory(account=main, entered_at=None)
    elsewhere = MembershipFactory(user=here.user, entered_at=None)

    ask(tokens_of, here.user, main.pk)

    here.refresh_from_db()
    elsewhere.refresh_from_db()
    assert here.entered_at
    assert elsewhere.entered_at is None


def test_who_came_before_is_only_let_in(
    ask, main, django_assert_num_queries, tokens_of
):
    earlier = timezone.now() - timedelta(days=1)
    here = MembershipFactory(account=main, entered_at=earlier)

    with django_assert_num_queries(2):
        ask(tokens_of, here.user, main.pk)

    here.refresh_from_db()
    assert here.entered_at == earlier


def test_one_may_be_new_to_one_organisation_and_not_to_another(main):
    here = MembershipFactory(account=main, entered_at=None)
    known = MembershipFactory(user=here.user, account=MainFactory())
    known.entered_at = timezone.now()
    known.save()
    accounts = [main, known.account]

    relations_to(here.user, accounts)

    assert [account.is_new_to_person for account in accounts] == [True, False]


def test_nobody_is_looked_up_for_what_is_deleted(
    admin, main, django_assert_num_queries
):
    main.deleted_at = timezone.now()

    with django_assert_num_queries(0):
        assert relations(admin, main) == set()


def test_only_staff_sees_the_staff_console(ask, staff, admin):
    @staff_only
    def console(request):
        return "console"

    assert ask(console, staff)[1] == "console"
    assert console.staff_only is True
    with pytest.raises(Http404):
        ask(console, admin)


def test_a_view_about_oneself_is_marked():
    def view(request):
        return "profile"

    assert about_oneself(view) is view
    assert view.about_oneself is True


def test_admins_are_invited_by_an_operation_of_their_own():
    assert {role: invitation(role) for role in Role} == {
        Role.ADMIN: Operation.USER_INVITE_ADMIN,
        Role.USER: Operation.USER_INVITE,
        Role.READ_ONLY: Operation.USER_INVITE,
    }


def test_what_a_token_may_do_to_itself_has_to_be_asked_as_such(main):
    asked = {Relation.TOKEN}, Operation.API_DISABLE, main

    assert allows(*asked) is False
    with pytest.raises(Forbidden):
        require(*asked)
    require(*asked, itself=True)


def test_a_row_of_the_matrix_that_lacks_an_answer_is_no_row():
    with pytest.raises(ValueError, match="shorter"):
        permissions._read("api.list y n api:read")
