import pytest

from tests.api.calls import Api
from tests.api.moment import NOW
from tests.api.world import World, strangers_to
from tests.factories import TokenFactory, UserFactory
from tokens.kinds import Kind


@pytest.fixture
def api(main):
    """Calls with an API token of the main account."""
    return Api.of(main)


@pytest.fixture
def sub_api(sub):
    """Calls with an API token of the sub account."""
    return Api.of(sub)


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def ada(db):
    return UserFactory(email="ada@acme.example", full_name="Ada Admin")


@pytest.fixture
def invoices(main):
    return TokenFactory(account=main, kind=Kind.LOGS, name="invoices")


@pytest.fixture(scope="module")
def lasting_world(lasting_db):
    return World()


@pytest.fixture
def world(lasting_world, db):
    return lasting_world


@pytest.fixture(scope="module")
def lasting_strangers(lasting_world):
    return strangers_to(lasting_world)


@pytest.fixture
def strangers(lasting_strangers, db):
    """Callers without a credential that opens the API right now."""
    return lasting_strangers
