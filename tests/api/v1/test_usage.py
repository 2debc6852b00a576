"""GET /api/v1/tokens/{id}/usage."""

from datetime import UTC, datetime

import pytest
import time_machine

from tests.api.v1.problems import refused
from tests.factories import TokenFactory
from tokens.kinds import Kind
from tokens.models import TokenUsage

NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)
# Day of March, hour, address, agent, calls.
USED = [
    (1, 9, "203.0.113.1", "old", 100),
    (8, 23, "203.0.113.7", "Fluent Bit", 5),
    (10, 0, "203.0.113.7", "Fluent Bit", 7),
    (10, 11, "203.0.113.9", "", 1),
]


@pytest.fixture
def now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def token(main):
    token = TokenFactory(account=main, kind=Kind.LOGS)
    for day, hour, address, agent, calls in USED:
        TokenUsage.objects.create(
            token=token,
            hour=datetime(2026, 3, day, hour, tzinfo=UTC),
            address=address,
            agent=agent,
            calls=calls,
        )
    return token


@pytest.fixture
def path(token):
    return f"/api/v1/tokens/{token.pk}/usage"


WEEK = {
    "day": 8,
    "week": 13,
    "unit": "day",
    "since": "2026-03-03T12:30:00Z",
    "until": "2026-03-10T12:30:00Z",
    "series": [
        {"start": "2026-03-08T00:00:00Z", "calls": 5},
        {"start": "2026-03-10T00:00:00Z", "calls": 8},
    ],
    "callers": [
        {
            "address": "203.0.113.7",
            "agent": "Fluent Bit",
            "calls": 12,
            "last_hour": "2026-03-10T00:00:00Z",
        },
        {
            "address": "203.0.113.9",
            "agent": "",
            "calls": 1,
            "last_hour": "2026-03-10T11:00:00Z",
        },
    ],
}


@pytest.mark.usefixtures("now")
def test_days_of_the_last_week(api, path):
    assert api.get(path) == (200, WEEK)


@pytest.mark.usefixtures("now")
def test_hours_of_some_time(api, path):
    asked = "unit=hour&since=2026-03-01T00:00:00Z&until=2026-03-10T11:00:00Z"

    status, body = api.get(f"{path}?{asked}")

    assert status == 200
    assert (body["unit"], body["since"]) == ("hour", "2026-03-01T00:00:00Z")
    assert body["series"] == [
        {"start": "2026-03-01T09:00:00Z", "calls": 100},
        {"start": "2026-03-08T23:00:00Z", "calls": 5},
        {"start": "2026-03-10T00:00:00Z", "calls": 7},
    ]


@pytest.mark.parametrize(
    ("unit", "since", "days"),
    [
        ("hour", "2026-02-07T00:00:00Z", 31),
        ("day", "2025-03-09T00:00:00Z", 366),
        ("day", "2026-03-11T00:00:00Z", 366),
    ],
)
@pytest.mark.usefixtures("now")
def test_time_is_asked_for_within_limits(api, path, unit, since, days):
    text = f"`until` must follow `since`, for {unit}s by at most {days} days."

    assert api.get(f"{path}?unit={unit}&since={since}") == refused(
        "since", "unusable_range", text, status=422, where="query"
    )


def test_a_token_nobody_used(api, main):
    token = TokenFactory(account=main)

    status, body = api.get(f"/api/v1/tokens/{token.pk}/usage")

    assert status == 200
    assert (body["day"], body["week"]) == (0, 0)
    assert (body["series"], body["callers"]) == ([], [])
