from datetime import timedelta

import pytest
from django.utils import timezone

from gateway.models import Webhook
from tests.factories import BY, TokenFactory
from tests.gateway.receivers import receiving


@pytest.fixture
def ending(main, admin, clock):
    """Return a token that ends after some days, made a while ago."""

    def make(days=3, name="Terraform", account=main, **fields):
        ends = timezone.now() + timedelta(days=days)
        token = TokenFactory(account=account, name=name, expires_at=ends, **fields)
        clock.shift(timedelta(minutes=2))
        return token

    return make


@pytest.fixture
def hook(main, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    with receiving() as receiver:
        receiver.webhook = Webhook.add(main, receiver.url, by=BY)
        yield receiver
