from datetime import UTC, datetime, timedelta

import pytest

from accounts.clock import clock as now
from tests.factories import BY, TokenFactory
from tests.tokens.policies.ends import HALF_A_DAY
from tokens.models import PlannedEnd, Token
from tokens.models.policies import policies_of
from tokens.policies import ends
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


@pytest.fixture
def old(main):
    """Return a token that was used last some days ago, and changed long before."""

    def old(used=100, *, changed=200, **fields):
        token = TokenFactory(account=main, **{"name": "Old"} | fields)
        Token.objects.filter(pk=token.pk).update(
            last_used_at=None if used is None else NOON - timedelta(days=used),
            updated_at=NOON - timedelta(days=changed),
        )
        return token

    return old


@pytest.fixture
def round_later(clock):
    """Do a round after some time, as twice a day before, and tell of what was planned."""

    def round_later(*, told=True, **time):
        ahead = timedelta(**time)
        while ahead > HALF_A_DAY:
            clock.shift(HALF_A_DAY)
            ends.carry_on()
            ahead -= HALF_A_DAY
        clock.shift(ahead + timedelta(minutes=6))
        ends.carry_on()
        if told:
            PlannedEnd.objects.filter(announced_at=None).update(announced_at=now.now())

    return round_later
