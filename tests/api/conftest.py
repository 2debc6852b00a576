import pytest

from accounts.api.own import rates
from accounts.api.own.counts import Counts
from tests.api.calls import Api
from tests.api.world import World, strangers_to


@pytest.fixture(autouse=True)
def _nobody_called_yet(monkeypatch):
    """Forget the calls of earlier tests, whose tokens may have had the same ids."""
    monkeypatch.setattr(rates, "counts", Counts())


@pytest.fixture
def api(main):
    """Calls with an API token of the main account."""
    return Api.of(main)


@pytest.fixture
def sub_api(sub):
    """Calls with an API token of the sub account."""
    return Api.of(sub)


@pytest.fixture
def world(main):
    return World(main)


@pytest.fixture
def strangers(world, admin):
    """Callers without a credential that opens the API right now."""
    return strangers_to(world, admin)
