import pytest

from tests.both_databases import PLACES
from tests.environment import PROJECT


@pytest.mark.parametrize("place", PLACES)
def test_what_runs_on_both_databases_is_there(place):
    path, _, name = place.partition("::")

    assert (PROJECT / path).exists()
    assert not name or f"def {name}(" in (PROJECT / path).read_text()
