from datetime import UTC, datetime

import pytest

from tests.factories import BY
from tokens.models.policies import policies_of
from tokens.policies.saving import draft, save_policies

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(time_machine):
    """A clock that is moved by hand."""
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def ask(main):
    """Set what the main account's organisation asks of a kind."""

    def ask(kind, **values):
        policy = draft(policies_of(main.organisation_id)[kind], values)
        save_policies(main, [policy], by=BY)
        main.organisation.refresh_from_db()
        return policy

    return ask
