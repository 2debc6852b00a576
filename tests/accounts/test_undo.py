"""Undo of what was changed about people."""

import pytest
from django.urls import reverse

from accounts.models import Role
from tests.factories import MembershipFactory
from tests.undoing import HX, undo


@pytest.fixture
def membership(main):
    return MembershipFactory(account=main, role=Role.USER)


def act(client, verb, membership, **data):
    ids = [membership.account_id, membership.pk]
    return client.post(reverse(f"accounts:user_{verb}", args=ids), data, headers=HX)


def test_a_role_is_as_it_was(as_admin, membership):
    changed = act(as_admin, "role", membership, role="admin")
    membership.refresh_from_db()
    assert membership.role == Role.ADMIN

    undone = undo(as_admin, changed)

    membership.refresh_from_db()
    assert undone.status_code == 200
    assert membership.role == Role.USER


def test_who_was_suspended_may_enter_and_the_other_way_round(as_admin, membership):
    suspended = act(as_admin, "suspend", membership)

    again = undo(as_admin, suspended)

    membership.refresh_from_db()
    assert membership.suspended_at is None
    undo(as_admin, again)
    membership.refresh_from_db()
    assert membership.suspended_at
