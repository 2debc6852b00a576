"""Many who try at the same moment: no more get through than one after the other."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

import pytest
from allauth.core import context
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import connection, transaction
from django.test import RequestFactory

from accounts.forms.signing_in import AuthenticateForm
from accounts.models import Tries, User
from accounts.rate_limits.limiter import Limit, settle, spend
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


def somebody_waits():
    asked = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        cursor.execute(f"{asked} AND datname = current_database()")
        return cursor.fetchone()


def is_taken(user, code):
    request = RequestFactory().post("/")
    with context.request_context(request), closing(connection):
        return AuthenticateForm({"code": code}, user=user).is_valid()


def test_a_recovery_code_that_is_being_taken_is_waited_for():
    user = UserFactory()
    codes = RecoveryCodes.activate(user)
    code, *_ = codes.get_unused_codes()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            other = pool.submit(is_taken, user, code)
            while not (other.done() or somebody_waits()):
                threading.Event().wait(0.02)
            assert codes.validate_code(code)

        assert other.result() is False


def test_a_code_is_taken_once(race, settings):
    # What allauth remembers of used codes is no part of this.
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    }
    user, taken = UserFactory(), []
    TOTP.activate(user, SEED)

    for _ in range(10):
        User.objects.update(last_code_step=0)
        Tries.objects.all().delete()
        taken.clear()
        race(*[lambda: taken.append(is_taken(user, code_of(SEED, 1)))] * 4)

        assert sorted(taken) == [False, False, False, True]
