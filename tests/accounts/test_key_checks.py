"""Keys that are missing, wrong or gone are told of at the start."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.core import checks
from django.utils import timezone

from accounts.audit.trail import Actor, record
from accounts.crypto.checks import check_keys, note_keys_in_use
from accounts.models import Action, CryptoKey
from tests.accounts.key_texts import OLD_AUDIT, OLD_ENC, OLD_INDEX, key
from tests.factories import TokenFactory, UserFactory


def found():
    return {message.id: message.msg for message in check_keys(databases=["default"])}


@pytest.fixture
def used(db):
    """An installation with rows under each of its first keys."""
    note_keys_in_use()
    TokenFactory()
    record(Action.LOGIN, by=Actor.console())


MISTAKES = [
    (
        {"TOLLGATE_ENC_KEYS": f"2:{key('n')}"},
        {"crypto.E001": "TOLLGATE_ENC_KEYS lacks enc key 1, which 2 rows use."},
    ),
    (
        {"TOLLGATE_INDEX_KEYS": f"2:{key('n')}"},
        {"crypto.E001": "TOLLGATE_INDEX_KEYS lacks index key 1, which 2 rows use."},
    ),
    (
        {"TOLLGATE_AUDIT_KEY": f"2:{key('n')}"},
        {"crypto.E001": "TOLLGATE_AUDIT_KEY lacks audit key 1, which 5 rows use."},
    ),
    (
        {"TOLLGATE_ENC_KEYS": f"1:{key('n')}"},
        {
            "crypto.E002": "TOLLGATE_ENC_KEYS: key 1 is not the key that rows were "
            "written with."
        },
    ),
    (
        {"TOLLGATE_INDEX_KEYS": f"1:{key('n')}"},
        {
            "crypto.E002": "TOLLGATE_INDEX_KEYS: key 1 is not the key that rows were "
            "written with."
        },
    ),
    (
        {"TOLLGATE_AUDIT_KEY": key("n")},
        {
            "crypto.E002": "TOLLGATE_AUDIT_KEY: key 1 is not the key that rows were "
            "written with."
        },
    ),
    (
        {"TOLLGATE_ENC_KEYS": "1:c2hvcnQ="},
        {
            "crypto.E003": "TOLLGATE_ENC_KEYS needs keys of 32 random bytes; "
            "`manage.py generate_key` makes one."
        },
    ),
    (
        {"TOLLGATE_INDEX_KEYS": "1:***"},
        {"crypto.E003": "TOLLGATE_INDEX_KEYS has a key that is not base64."},
    ),
    (
        {"TOLLGATE_ENC_KEYS": f"{OLD_ENC},1:{key('n')}"},
        {"crypto.E003": "TOLLGATE_ENC_KEYS lists key 1 twice."},
    ),
    (
        {"TOLLGATE_ENC_KEYS": f"{OLD_ENC},2:{OLD_INDEX[2:]}"},
        {
            "crypto.E004": "TOLLGATE_INDEX_KEYS repeats a value of TOLLGATE_ENC_KEYS.",
            "crypto.W001": "TOLLGATE_ENC_KEYS: key 2 is used by no row; remove it.",
        },
    ),
    (
        {"SECRET_KEY": OLD_AUDIT},
        {"crypto.E004": "TOLLGATE_AUDIT_KEY repeats a value of SECRET_KEY."},
    ),
    (
        {"TOLLGATE_ENC_KEYS": f"{OLD_ENC},2:{key('n')}"},
        {"crypto.W001": "TOLLGATE_ENC_KEYS: key 2 is used by no row; remove it."},
    ),
    (
        {
            "TOLLGATE_ENC_KEYS": f"2:{key('n')}",
            "TOLLGATE_ALLOW_MISSING_ENC_KEY": True,
        },
        {
            "crypto.W003": "TOLLGATE_ENC_KEYS lacks enc key 1, which 2 rows use. "
            "Copying is off."
        },
    ),
    (
        {
            "TOLLGATE_INDEX_KEYS": f"2:{key('n')}",
            "TOLLGATE_ALLOW_MISSING_ENC_KEY": True,
        },
        {"crypto.E001": "TOLLGATE_INDEX_KEYS lacks index key 1, which 2 rows use."},
    ),
    ({}, {}),
    ({"TOLLGATE_ENC_KEYS": f"2:{key('n')},{OLD_ENC}"}, {}),
]


@pytest.mark.parametrize(("changes", "messages"), MISTAKES)
def test_key_mistake(used, settings, changes, messages):
    for name, value in changes.items():
        setattr(settings, name, value)

    assert found() == messages


def test_a_retired_key_may_go(used, settings):
    settings.TOLLGATE_ENC_KEYS = f"2:{key('n')}"
    CryptoKey.objects.filter(purpose="enc").update(retired_at=timezone.now())

    assert found() == {}


def test_a_retired_key_that_stays_is_named(used, settings):
    settings.TOLLGATE_ENC_KEYS = f"2:{key('n')},{OLD_ENC}"
    CryptoKey.objects.filter(purpose="enc").update(retired_at=timezone.now())

    assert found() == {
        "crypto.W001": "TOLLGATE_ENC_KEYS: key 1 is used by no row; remove it."
    }


@pytest.mark.parametrize(("days", "messages"), [(365, []), (366, ["crypto.W002"])])
def test_an_old_active_key_is_named(used, days, messages):
    first_used = timezone.now() - timedelta(days=days, hours=1)
    CryptoKey.objects.filter(purpose="index").update(first_used=first_used)

    warnings = check_keys(databases=["default"])

    assert [warning.id for warning in warnings] == messages
    for warning in warnings:
        assert warning.msg == (
            "TOLLGATE_INDEX_KEYS: key 1 has been in use for 366 days."
        )


def test_without_databases_only_the_keys_are_looked_at(db, settings):
    settings.TOLLGATE_ENC_KEYS = f"9:{key('n')}"

    assert check_keys() == []


def test_keys_in_use_are_noted_once(db):
    note_keys_in_use()
    note_keys_in_use()

    noted = CryptoKey.objects.order_by("purpose").values_list("purpose", "kid")
    assert list(noted) == [("audit", 1), ("enc", 1), ("index", 1)]
    assert [str(row) for row in CryptoKey.objects.filter(purpose="enc")] == [
        "enc key 1"
    ]


def test_the_check_is_registered():
    assert check_keys in checks.registry.registry.get_checks()


def test_seeds_of_second_factors_are_rows_under_a_key(db, settings):
    note_keys_in_use()
    sealed = {"secret": encrypt("SEED")}
    Authenticator.objects.create(user=UserFactory(), type="totp", data=sealed)
    settings.TOLLGATE_ENC_KEYS = f"2:{key('n')}"

    assert found() == {
        "crypto.E001": "TOLLGATE_ENC_KEYS lacks enc key 1, which 1 rows use."
    }


@pytest.fixture
def forsaken(db):
    """A key that was put first by mistake, and taken away before anything was written."""
    return CryptoKey.objects.create(purpose="index", kid=7, check_value=b"seven")


def test_a_key_that_no_row_uses_does_not_stop_the_start(used, forsaken):
    assert found() == {
        "crypto.W004": "TOLLGATE_INDEX_KEYS lacks index key 7, which was active once; "
        "no row uses it."
    }


@pytest.mark.parametrize(("hours", "left"), [(23, 1), (25, 0)])
def test_such_a_key_is_forgotten_after_a_day(forsaken, hours, left):
    """Until then another host may be about to write under it."""
    forsaken.first_used = timezone.now() - timedelta(hours=hours)
    forsaken.save()

    note_keys_in_use()

    assert CryptoKey.objects.filter(kid=7).count() == left


def test_a_key_that_rows_use_is_never_forgotten(used, settings):
    CryptoKey.objects.update(first_used=timezone.now() - timedelta(days=900))
    settings.TOLLGATE_INDEX_KEYS = f"2:{key('n')}"

    note_keys_in_use()

    assert CryptoKey.objects.filter(purpose="index", kid=1).exists()
