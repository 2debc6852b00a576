import pytest
from django.db import transaction

from accounts.audit.generations import COMMON_SLOT, QUIET, note_change, slot_of
from accounts.audit.trail import Actor, record
from accounts.models import Action, Generation
from tests.factories import BY, TokenFactory
from tokens.kinds import Kind


def number_of(organisation_id):
    found = Generation.objects.filter(slot=slot_of(organisation_id)).first()
    return found.number if found else 0


def test_organisations_share_slots_that_the_installation_is_not_in():
    assert slot_of(None) == COMMON_SLOT
    assert {slot_of(pk) for pk in range(1, 1000)} == set(range(1, 256))


def test_changes_are_noted_by_a_number_that_does_not_come_again(db):
    seen = set()
    for _ in range(3):
        note_change(7)
        seen.add(number_of(7))

    assert len(seen) == 3
    assert number_of(8) == 0
    assert str(Generation.objects.get()) == f"slot {slot_of(7)} at {number_of(7)}"


def test_a_change_in_a_database_that_went_back_is_another_one(db):
    note_change(7)
    before = number_of(7)
    with transaction.atomic():
        note_change(7)
        lost = number_of(7)
        transaction.set_rollback(True)
    assert number_of(7) == before

    note_change(7)

    assert number_of(7) not in (before, lost)


@pytest.mark.parametrize("action", Action)
def test_every_action_counts_unless_it_decides_nothing(main, action):
    before = number_of(main.organisation_id)

    record(action, by=BY, account=main)

    assert (number_of(main.organisation_id) != before) == (action not in QUIET)


def test_changes_of_gateway_tokens_are_counted_apart(db):
    before = number_of(None)

    TokenFactory(account=None, kind=Kind.GATEWAY, by=Actor(label="staff"))

    assert number_of(None) != before


def test_a_change_that_is_undone_is_not_counted(main):
    before = number_of(main.organisation_id)

    with transaction.atomic():
        TokenFactory(account=main)
        transaction.set_rollback(True)

    assert number_of(main.organisation_id) == before
