"""Keys, envelopes and what a start says of every mistake with them."""

import base64

import pytest

from accounts.crypto.envelope import Sealed, seal, unseal
from accounts.crypto.keys import Key, KeyProblem, keyring, parse
from tests.accounts.key_texts import OLD_ENC, key
from tests.factories import TokenFactory
from tokens.models import StoredSecret


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
