from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import TokenFactory


@pytest.fixture
def ending(main, admin, clock):
    """Return a token that ends after some days, made a while ago."""

    def make(days=3, name="Terraform", account=main, **fields):
        ends = timezone.now() + timedelta(days=days)
        token = TokenFactory(account=account, name=name, expires_at=ends, **fields)
        clock.shift(timedelta(minutes=2))
        return token

    return make
