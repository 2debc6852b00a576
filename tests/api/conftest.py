import pytest

from tests.api.calls import Api


@pytest.fixture
def api(main):
    """Calls with an API token of the main account."""
    return Api.of(main)


@pytest.fixture
def sub_api(sub):
    """Calls with an API token of the sub account."""
    return Api.of(sub)
