"""The moment at which the clock of these tests stands still."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECONDS = 1795435200.0
