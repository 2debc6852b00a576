import copy
import hmac
import pickle
import zlib
from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.crypto.keys import keyring
from tokens.kinds import RULES, Kind
from tokens.secrets import ALPHABET, Secret, digest, digests, make, recognise

# Written down once: a token that is out there must be recognised for ever.
KNOWN = "tga_" + "0" * 43 + "33q5sr"
UUID = "c498fbc3-a3ac-4676-ad09-689854b5cbbd"
LETTERS = "6bLXmMA6FLibc7ySSqNcCfvbhtqT0rPS"
ROTATED = f"2:{b64encode(b'n' * 32).decode()},1:{b64encode(b'i' * 32).decode()}"


def checksum(body):
    """Return the last six letters, worked out in another way than the product's."""
    number = zlib.crc32(body.encode())
    return "".join(
        ALPHABET[number // len(ALPHABET) ** place % len(ALPHABET)]
        for place in reversed(range(6))
    )


@pytest.mark.parametrize("kind", Kind)
def test_secret_has_the_form_that_scanners_know(kind):
    text = make(kind).reveal()

    assert text.startswith(RULES[kind].prefix)
    assert len(text) == 4 + 43 + 6
    assert set(text[4:]) <= set(ALPHABET)
    assert text[-6:] == checksum(text[:-6])


def test_secrets_differ():
    assert len({make(Kind.API).reveal() for _ in range(200)}) == 200


def test_known_secret_is_recognised():
    assert KNOWN[-6:] == checksum(KNOWN[:-6])
    assert recognise(KNOWN) == Secret(KNOWN)


@pytest.mark.parametrize("text", [UUID, LETTERS, "x93afghvexbn841h45vkjn5"])
def test_foreign_token_is_recognised(text):
    secret = recognise(text)

    assert secret == Secret(text)
    assert secret.is_ours is False
    assert secret.masked == f"{text[:4]}…{text[-4:]}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short",
        KNOWN[:-1] + "N",
        KNOWN[:-1],
        KNOWN + "0",
        f" {KNOWN}",
        f"{KNOWN}\n",
        "tgz_" + KNOWN[4:],
        "tgz_" + "0" * 43 + checksum("tgz_" + "0" * 43),
        "x" * 65,
        "-" + UUID,
        "a" * 15,
        "é" * 32,
        "٣" * 32,
        "a" * 16 + "\x00",
        "' OR 1=1 -- aaaaaaaa",
    ],
)
def test_text_that_cannot_be_a_token_is_none(text):
    assert recognise(text) is None


# Without its underscore it could be a token from elsewhere.
@given(st.integers(0, 52).filter(lambda place: place != 3), st.sampled_from(ALPHABET))
def test_one_wrong_letter_is_noticed(place, letter):
    text = KNOWN[:place] + letter + KNOWN[place + 1 :]

    assert (recognise(text) is not None) == (text == KNOWN)


@given(st.text(max_size=80))
def test_recognising_any_text_never_fails(text):
    secret = recognise(text)

    assert secret is None or secret.reveal() == text


def test_secret_shows_itself_masked():
    secret = Secret(KNOWN)

    assert str(secret) == "tga_00000000…q5sr"
    assert repr(secret) == "<Secret tga_00000000…q5sr>"
    assert f"{secret}{secret!r}{[secret]}".count("0" * 20) == 0
    assert secret.public_id == "00000000"


def test_public_id_of_a_foreign_token_tells_nothing_of_it():
    secret = Secret(UUID)

    expected = hmac.digest(keyring("index").active_subkey, UUID.encode(), sha256)
    assert secret.public_id == expected.hex()[:8]


def test_a_fresh_secret_has_184_random_bits():
    made = {make(Kind.API).reveal()[4:35] for _ in range(200)}

    numbers = [_number(text) for text in made]
    assert len(made) == 200
    # Each bit is 1 in half of them, give or take; in none or all once in 10**60.
    for bit in range(184):
        assert 0 < sum(number >> bit & 1 for number in numbers) < 200
    assert max(numbers) < 2**184


def _number(text):
    number = 0
    for letter in text:
        number = number * len(ALPHABET) + ALPHABET.index(letter)
    return number


def test_secret_is_compared_by_its_text_only():
    assert Secret(KNOWN) == Secret(KNOWN)
    assert Secret(KNOWN) != Secret(UUID)
    assert Secret(KNOWN) != KNOWN


def test_a_secret_is_no_text():
    assert (Secret(KNOWN) == KNOWN) is False


@pytest.mark.parametrize("leave", [pickle.dumps, copy.copy, hash])
def test_secret_does_not_leave_by_the_back_door(leave):
    with pytest.raises(TypeError):
        leave(Secret(KNOWN))


def test_digest_is_an_hmac_of_the_whole_text():
    assert digest(Secret(KNOWN), b"k" * 32) == hmac.digest(
        b"k" * 32, KNOWN.encode(), sha256
    )


def test_digests_cover_every_index_key(settings):
    before = digests(Secret(KNOWN))
    settings.TOLLGATE_INDEX_KEYS = ROTATED

    after = digests(Secret(KNOWN))

    assert len(after) == 2
    assert before[0] in after
