"""Many who try at the same moment: no more get through than one after the other."""

from functools import partial

import pytest

from accounts.codes import take
from accounts.limits import Limit, settle, spend
from accounts.models import Tries, User
from tests.accounts.test_second_factors import code_of
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
]

LIMIT, OTHER = Limit(90, 3, 1e9, 60, 60), Limit(91, 100, 1e9, 1, 1)
SEED = "JBSWY3DPEHPK3PXP"


def test_as_many_get_through_as_are_free(race):
    for number in range(20):
        counts = (LIMIT, number), (OTHER, number)

        outcomes = race(*[partial(spend, *counts)] * 6)

        assert outcomes == ["done"] * 3 + ["too_many_tries"] * 3


def test_counts_in_another_order_do_not_lock_each_other_out(race):
    counts = (LIMIT, "a"), (OTHER, "a")
    for _ in range(20):
        Tries.objects.all().delete()
        assert race(
            *[partial(spend, *counts)] * 2, *[partial(spend, *counts[::-1])] * 2
        ) == ["done"] * 3 + ["too_many_tries"]


def test_none_is_taken_back_twice(race):
    for number in range(10):
        tried = [spend((OTHER, number)) for _ in range(6)]

        race(*(partial(settle, each) for each in tried))

        assert Tries.objects.get(slot=OTHER.slot(number)).level < 1e-6


def test_a_code_is_taken_once(race):
    user, taken = UserFactory(), []

    def act():
        taken.append(take(user, SEED, code_of(SEED, 1)))

    for _ in range(20):
        User.objects.update(last_code_step=0)
        taken.clear()
        race(*[act] * 4)

        assert sorted(taken) == [False, False, False, True]
