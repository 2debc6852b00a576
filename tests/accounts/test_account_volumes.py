import base64
import json

import pytest

from accounts import quotas
from accounts.templatetags.accounts import amount
from accounts.web.pagination import paginate
from tests.factories import ChildFactory, MainFactory


def test_a_flexible_plan_counts_what_is_reserved_and_what_is_fixed(db):
    main = MainFactory(is_flexible=True, daily_gb=100)
    ChildFactory(main=main, is_flexible=True, reserved_daily_gb=10, max_daily_gb=50)
    ChildFactory(main=main, max_daily_gb=20)

    assert quotas.daily_gb(main.organisation) == quotas.VolumeShare(100, 31)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"),
        (1.0, "1"),
        (1.5, "1.5"),
        (0.1 + 0.2, "0.3"),
        (50_000_000_000, "50,000,000,000"),
    ],
)
def test_amount(number, words):
    assert amount(number) == words


@pytest.mark.parametrize("text", ["a\x00", "\ud800"])
def test_a_cursor_with_unreadable_text_gives_the_first_page(db, text):
    main = MainFactory()
    accounts = type(main).objects.all()
    packed = json.dumps(["next", "name", text, main.pk]).encode()

    page = paginate(accounts, "name", base64.urlsafe_b64encode(packed).decode())

    assert page.items == [main]
