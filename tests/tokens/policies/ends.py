"""Ends by policies in tests."""

from datetime import UTC, datetime, timedelta

from tokens.models import PlannedEnd

HALF_A_DAY = timedelta(hours=12)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)


def midnight(days):
    """Return the beginning of a day in UTC, so many days after the first night."""
    return MIDNIGHT + timedelta(days=days)


def planned():
    rows = PlannedEnd.objects.order_by("pk").values_list(
        "token__name", "cause", "ends_at"
    )
    return [*rows]


def reason(token):
    token.refresh_from_db()
    return token.disabled_reason
