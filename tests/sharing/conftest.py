from datetime import UTC, datetime

import pytest
from django.urls import reverse

from tests.factories import ShareFactory


@pytest.fixture
def share(main, env):
    return ShareFactory(account=main, name="Board", filters=[env])


@pytest.fixture
def at(main):
    """Return the address of a page of the main account by its name."""

    def address(name, *args):
        return reverse(f"sharing:{name}", args=[main.pk, *args])

    return address


@pytest.fixture
def fixed_time(time_machine):
    """It is Monday, 23 November 2026, 14:00 UTC."""
    now = datetime(2026, 11, 23, 14, tzinfo=UTC)
    time_machine.move_to(now, tick=False)
    return now
