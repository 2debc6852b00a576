"""Undo of an expiry: the very moment is back, or there is no end again."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from tests.factories import TokenFactory
from tests.undoing import HX, offered, undo

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def expire(client, token, **fields):
    address = reverse("tokens:expiry", args=[token.account_id, token.pk])
    return client.post(address, {"expires_at": "30"} | fields, headers=HX)


@pytest.mark.parametrize(
    "end", [None, datetime(2026, 5, 8, 14, 32, 11, 123456, tzinfo=UTC)]
)
@pytest.mark.parametrize("zone", ["", "Pacific/Kiritimati"])
def test_undo_brings_the_moment_back(clock, as_admin, main, end, zone):
    as_admin.cookies["tollgate_zone"] = zone
    token = TokenFactory(account=main, expires_at=end)
    changed = expire(as_admin, token)
    token.refresh_from_db()
    assert token.expires_at not in (None, end)

    undone = undo(as_admin, changed)

    token.refresh_from_db()
    assert undone.status_code == 200
    assert token.expires_at == end


def test_what_had_ended_is_not_ended_again(clock, as_admin, main):
    token = TokenFactory(account=main, expires_at=NOW + timedelta(days=1))
    clock.shift(timedelta(days=2))

    assert offered(expire(as_admin, token)) is None


def test_a_moment_of_another_day_counts_for_nothing(clock, as_admin, main):
    token = TokenFactory(account=main)

    expire(
        as_admin,
        token,
        expires_at="date",
        expires_on="2026-05-08",
        exactly="2046-05-08T00:00:00Z",
    )

    token.refresh_from_db()
    assert token.expires_at == datetime(2026, 5, 8, 23, 59, 59, tzinfo=UTC)
