"""The MAC in a token: what was made here is told without asking anybody."""

from hashlib import blake2b

import pytest

from accounts.crypto.keys import keyring, subkeys_for
from tests.invented import invented, with_checksum, with_letter, without_mac
from tests.tokens.test_secrets import KNOWN, LETTERS, ROTATED, UUID
from tokens.kinds import RULES, Kind
from tokens.secrets import (
    ALPHABET,
    MAC_LETTERS,
    Secret,
    carries_mac,
    has_mac,
    make,
    make_for_calendar,
)

MAC = slice(35, 47)


@pytest.mark.parametrize("kind", Kind)
def test_what_is_made_here_carries_a_mac(kind):
    assert carries_mac(make(kind))
    assert carries_mac(make(kind), kid=1)


def test_the_address_of_a_calendar_carries_one_too():
    assert carries_mac(make_for_calendar())


def test_the_mac_is_12_letters_of_keyed_blake2b():
    text = make(Kind.API).reveal()
    subkey = keyring("index").active.subkey(b"tollgate/index/mac/1")

    expected = blake2b(text[:35].encode(), digest_size=12, key=subkey).digest()

    assert [ALPHABET.index(letter) for letter in text[MAC]] == [
        byte % 62 for byte in expected
    ]


def test_nobody_guesses_the_mac_of_64_bits():
    likeliest = max(MAC_LETTERS.count(letter) for letter in MAC_LETTERS)

    assert set(MAC_LETTERS) == set(ALPHABET.encode())
    assert (likeliest / 256) ** 12 < 2**-64


@pytest.mark.parametrize("place", range(4, 47))
def test_every_letter_of_the_random_part_and_of_the_mac_counts(place):
    assert not carries_mac(with_letter(make(Kind.API), place))


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind != Kind.API])
def test_the_mac_of_one_kind_is_none_of_another(kind):
    body = make(Kind.API).reveal()[4:47]

    assert not carries_mac(with_checksum(RULES[kind].prefix + body))


@pytest.mark.parametrize(
    "secret",
    [
        Secret(KNOWN),
        Secret(UUID),
        Secret(LETTERS),
        invented(Kind.API),
        without_mac("api"),
    ],
    ids=["old", "uuid", "letters", "invented", "before"],
)
def test_what_was_not_made_here_has_none(secret):
    assert not carries_mac(secret)


def test_it_is_made_with_the_active_key_and_known_by_every_key(settings):
    before = make(Kind.API)
    settings.TOLLGATE_INDEX_KEYS = ROTATED
    after = make(Kind.API)

    assert carries_mac(before)
    assert carries_mac(after)
    assert (carries_mac(before, kid=1), carries_mac(before, kid=2)) == (True, False)
    assert (carries_mac(after, kid=1), carries_mac(after, kid=2)) == (False, True)


def test_it_is_not_known_without_its_key(settings):
    before = make(Kind.API)
    settings.TOLLGATE_INDEX_KEYS = ROTATED.partition(",")[0]

    assert not carries_mac(before)


def test_macs_have_a_key_of_their_own():
    (mac,) = subkeys_for("index", "mac").values()

    assert mac != keyring("index").active_subkey
    assert mac != keyring("index").active.material


def test_letters_are_compared_in_constant_time(monkeypatch):
    compared = []

    def compare(one, other):
        compared.append((one, other))
        return False

    monkeypatch.setattr("tokens.secrets.hmac.compare_digest", compare)
    text = make(Kind.API).reveal()

    assert not carries_mac(Secret(text))
    shown = text[MAC].encode()
    assert compared == [(shown, shown)]


@pytest.mark.parametrize(
    "text", ["", "tg", "tgl_", "tgl_é" + "x" * 48, "tgl_\ud800", "é" * 53]
)
def test_any_text_may_be_asked_about(text):
    assert has_mac(text) is False
