import pytest
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.urls import reverse
from django.utils.crypto import get_random_string

from accounts.sessions import SessionStore


@pytest.mark.parametrize(
    "key", ['"\\000abcdefghijkl"', "a" * 8, "A" * 32, "é" * 32, "a" * 33, ""]
)
def test_keys_that_no_session_has_are_not_looked_up(
    client, db, key, django_assert_num_queries
):
    client.cookies.load(f"sessionid={key}")

    with django_assert_num_queries(0):
        response = client.get(reverse("accounts:home"))

    assert response.status_code == 302


def test_keys_as_they_are_made_are_kept():
    key = get_random_string(32, VALID_KEY_CHARS)

    assert SessionStore(key).session_key == key
