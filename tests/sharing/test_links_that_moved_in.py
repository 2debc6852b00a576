"""Links of tokens that moved in, whose public id comes of an index key."""

import pytest

from tests.factories import ShareFactory
from tests.sharing.visitors import JSON, page_of, show
from tests.tokens.test_secrets import LETTERS, ROTATED
from tokens.secrets import Secret


@pytest.fixture
def moved(main, settings):
    """A share of before the index key was changed."""
    share = ShareFactory(account=main, secret=Secret(LETTERS))
    settings.TOLLGATE_INDEX_KEYS = ROTATED
    assert Secret(LETTERS).public_id != page_of(share)
    return share


def test_a_link_outlives_its_index_key(client, moved):
    assert show(client, moved).status_code == 200


def test_its_secret_opens_no_other_link(client, main, moved):
    assert show(client, ShareFactory(account=main), LETTERS).status_code == 404


def test_a_link_that_was_copied_since_opens_too(client, moved):
    assert show(client, moved, page=Secret(LETTERS).public_id).status_code == 200


def test_a_link_is_the_same_whenever_it_is_copied(as_admin, moved, at):
    copied = as_admin.post(at("link", moved.pk), headers=JSON).json()["secret"]

    assert copied.endswith(f"/s/{page_of(moved)}#{LETTERS}")
