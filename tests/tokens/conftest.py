import pytest


@pytest.fixture
def as_admin(client, admin):
    client.force_login(admin)
    return client
