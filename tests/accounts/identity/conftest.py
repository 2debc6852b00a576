import pytest

from accounts.identity import http
from accounts.identity.providers import add_provider, switch_on, test
from accounts.models import TokenAuthMethod
from tests import identity_provider
from tests.factories import BY


@pytest.fixture(scope="session")
def running_provider():
    with identity_provider.running() as provider:
        yield provider


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """Wait for a provider that shares this machine with everything else."""
    monkeypatch.setattr(http, "SECONDS", 60.0)


@pytest.fixture
def real(running_provider):
    """The real provider, as it is in the beginning."""
    running_provider.reset()
    return running_provider


@pytest.fixture
def add(real, db):
    """Make a provider of ours that the real one knows as its client."""

    def add(slug="acme", organisation=None, **fields):
        fields = {
            "name": "Acme SSO",
            "issuer": real.issuer,
            "client_id": identity_provider.CLIENT["client_id"],
            "secret": identity_provider.CLIENT["client_secret"],
            "token_auth_method": TokenAuthMethod.BASIC,
            "domains": ["acme.example"],
            **fields,
        }
        provider = add_provider(slug=slug, organisation=organisation, by=BY, **fields)
        real.serve(provider)
        return provider

    return add


@pytest.fixture
def provider(add, main):
    """One of the organisation, which is on."""
    return on(add(organisation=main.organisation))


@pytest.fixture
def everybodys(add):
    """One of the whole installation, which is on."""
    return on(add())


def on(provider):
    assert all(each.is_fine for each in test(provider))
    switch_on(provider, by=BY)
    provider.refresh_from_db()
    return provider
