from datetime import UTC

import pytest

from tests.factories import TokenFactory
from tokens.models import Token
from tokens.models.bare_rows import moment, rows_of

pytestmark = pytest.mark.django_db


def test_rows_come_by_their_ids_as_far_as_they_are_there(main):
    first, second, _ = TokenFactory.create_batch(3, account=main)

    found = rows_of(Token, "created_at", [second.pk, first.pk, 2**31 - 1])

    assert [(pk, moment(at)) for pk, at in found] == [
        (token.pk, token.created_at) for token in (first, second)
    ]
    assert all(moment(at).tzinfo == UTC for _, at in found)
