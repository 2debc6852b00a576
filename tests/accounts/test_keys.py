"""Keys, envelopes and what a start says of every mistake with them."""

import base64
from datetime import timedelta

import pytest
from django.core import checks
from django.utils import timezone

from accounts.audit.trail import Actor, record
from accounts.crypto.checks import check_keys, note_keys_in_use
from accounts.crypto.envelope import Sealed, seal, unseal
from accounts.crypto.keys import Key, KeyProblem, keyring, parse
from accounts.models import Action, CryptoKey
from tests.environment import KEYS
from tests.factories import TokenFactory
from tokens.models import StoredSecret


def key(letter):
    return base64.b64encode(letter.encode() * 32).decode()


OLD_ENC = KEYS["TOLLGATE_ENC_KEYS"]
OLD_INDEX = KEYS["TOLLGATE_INDEX_KEYS"]
OLD_AUDIT = KEYS["TOLLGATE_AUDIT_KEY"]


def test_several_keys_are_read_in_their_order():
    keys = parse("enc", f" 2:{key('n')} , 1:{key('o')},")

    assert keys == {
        2: Key("enc", 2, b"n" * 32),
        1: Key("enc", 1, b"o" * 32),
    }
    assert list(keys) == [2, 1]


def test_a_bare_key_is_key_1():
    assert parse("audit", key("a")) == {1: Key("audit", 1, b"a" * 32)}


def test_a_key_shows_nothing_of_itself():
    assert repr(Key("enc", 1, b"secret" * 5)) == "Key(purpose='enc', kid=1)"
    assert "subkeys" not in repr(keyring("enc"))


def test_check_values_tell_purposes_ids_and_keys_apart():
    values = {
        Key(purpose, kid, letter * 32).check_value
        for purpose in ("enc", "index")
        for kid in (1, 2)
        for letter in (b"a", b"b")
    }

    assert len(values) == 8
    assert {len(value) for value in values} == {16}


def test_check_values_stay_what_databases_hold():
    assert (
        Key("enc", 1, b"a" * 32).check_value.hex() == "ab954fadc7e4772cf88bfcf8414a751d"
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "TOLLGATE_ENC_KEYS holds no key."),
        (" , ", "TOLLGATE_ENC_KEYS holds no key."),
        (f"1:{key('a')},1:{key('b')}", "TOLLGATE_ENC_KEYS lists key 1 twice."),
        (f"{key('a')},{key('b')}", "TOLLGATE_ENC_KEYS lists key 1 twice."),
        (f"x:{key('a')}", "TOLLGATE_ENC_KEYS has a key id that is not a number."),
        (f"0:{key('a')}", "TOLLGATE_ENC_KEYS has a key id that is not a number."),
        (f"-1:{key('a')}", "TOLLGATE_ENC_KEYS has a key id that is not a number."),
        (f"٣:{key('a')}", "TOLLGATE_ENC_KEYS has a key id that is not a number."),
        (f"{2**32}:{key('a')}", "TOLLGATE_ENC_KEYS has a key id that is not a number."),
        ("1:secret!", "TOLLGATE_ENC_KEYS has a key that is not base64."),
        ("1:sécret", "TOLLGATE_ENC_KEYS has a key that is not base64."),
        (
            "1:c2hvcnQ=",
            "TOLLGATE_ENC_KEYS needs keys of 32 random bytes; "
            "`manage.py generate_key` makes one.",
        ),
        (
            f"1:{base64.b64encode(bytes(32)).decode()}",
            "TOLLGATE_ENC_KEYS needs keys of 32 random bytes; "
            "`manage.py generate_key` makes one.",
        ),
    ],
)
def test_what_is_no_key_is_refused_without_showing_it(text, complaint):
    with pytest.raises(KeyProblem) as refusal:
        parse("enc", text)

    assert str(refusal.value) == complaint


def test_an_envelope_of_long_ago_opens():
    kept = (
        "0100000001b5021bfeda1bb94f9b75effaa2ea4342a888f7628254052f27a66f8ccd7b1579df52"
    )

    assert unseal(bytes.fromhex(kept), b"row", b"1") == b"secret"


def test_an_envelope_opens_for_its_context_only():
    envelope, kid = seal(b"secret", b"row", b"1")

    assert unseal(envelope, b"row", b"1") == b"secret"
    assert kid == 1
    assert envelope[:5] == b"\x01\x00\x00\x00\x01"
    assert len(envelope) == 5 + 12 + 6 + 16
    for other in [(b"row", b"2"), (b"row1",), (b"ro", b"w1"), (b"row", b"1", b""), ()]:
        with pytest.raises(Sealed, match="belongs to another row or was changed"):
            unseal(envelope, *other)


@pytest.mark.parametrize("place", range(5 + 12 + 6 + 16))
def test_a_changed_byte_seals_an_envelope(place):
    envelope, _ = seal(b"secret", b"row")
    changed = bytearray(envelope)
    changed[place] ^= 1

    with pytest.raises(Sealed):
        unseal(bytes(changed), b"row")


def test_the_same_plaintext_never_looks_the_same():
    assert len({seal(b"secret", b"row")[0] for _ in range(50)}) == 50


def test_old_keys_open_and_the_first_key_seals(settings):
    envelope, _ = seal(b"secret", b"row")
    settings.TOLLGATE_ENC_KEYS = f"2:{key('n')},{OLD_ENC}"

    assert unseal(envelope, b"row") == b"secret"
    assert seal(b"secret", b"row")[1] == 2


def test_an_envelope_of_a_missing_key_says_which(settings):
    envelope, _ = seal(b"secret", b"row")
    settings.TOLLGATE_ENC_KEYS = f"2:{key('n')}"

    with pytest.raises(Sealed, match="encryption key 1 is not configured"):
        unseal(envelope, b"row")


@pytest.mark.django_db
def test_an_envelope_moved_to_another_row_does_not_open():
    first, second = TokenFactory(), TokenFactory()
    mine, theirs = first.secrets.get(), second.secrets.get()
    StoredSecret.objects.filter(pk=theirs.pk).update(envelope=mine.envelope)

    with pytest.raises(Exception, match="belongs to another row or was changed"):
        second.secrets.get().open()


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
