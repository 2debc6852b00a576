"""The text of a token: how it is made, recognised, masked and found.

Ours are a prefix, 43 base62 characters and 6 base62 characters of CRC-32 over all before
them. Of the 43, 31 are 184 random bits and 12 a MAC over prefix and random part: what
somebody invents is told from what was made here without asking the database. Older ones
of ours have 43 random characters. Tokens that moved in from elsewhere keep their text.
"""

import hmac
import re
import secrets as random
import string
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b, sha256

from accounts.crypto.keys import keyring, subkeys_for
from tokens.kinds import RULES

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
# Two at a time are written in half of the time.
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
RANDOM_BITS = 184
RANDOM_CHARACTERS = 31
# A byte gives a letter, of which eight come five times in 256 and not four: whoever
# guesses all twelve is right once in 2^68.
MAC_CHARACTERS = 12
MAC_LETTERS = bytes(ord(ALPHABET[byte % len(ALPHABET)]) for byte in range(256))
MAC_AT = 4 + RANDOM_CHARACTERS
CHECK_CHARACTERS = 6
PUBLIC_ID_CHARACTERS = 8
PREFIXES = {rule.prefix: kind for kind, rule in RULES.items()}
# The addresses of calendars are made in the same way, and open no door of a token.
CALENDAR_PREFIX = "tgc_"
OUR_FORMAT = re.compile(r"(tg[a-z]_)([0-9A-Za-z]{43})([0-9A-Za-z]{6})", re.ASCII)
# UUIDs and the letters-only shipping tokens of Logz.io, and what its clients test with.
FOREIGN_FORMAT = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{15,63}", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class Secret:
    """The full text of a token. It shows itself masked unless `reveal` is called."""

    _text: str = field(repr=False)

    def reveal(self):
        return self._text

    @property
    def public_id(self):
        """The part that is safe to show and to log."""
        if self.is_ours:
            return self._text[4 : 4 + PUBLIC_ID_CHARACTERS]
        return digest(self, keyring("index").active_subkey).hex()[:PUBLIC_ID_CHARACTERS]

    @property
    def is_ours(self):
        return OUR_FORMAT.fullmatch(self._text) is not None

    @property
    def masked(self):
        head = 4 + PUBLIC_ID_CHARACTERS if self.is_ours else 4
        return f"{self._text[:head]}…{self._text[-4:]}"

    def __str__(self):
        return self.masked

    def __repr__(self):
        return f"<Secret {self.masked}>"

    def __eq__(self, other):
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None

    def __reduce__(self):
        raise TypeError("a secret is not pickled")


def make(kind):
    """Return a fresh secret of a kind."""
    return _fresh(RULES[kind].prefix)


def make_for_calendar():
    return _fresh(CALENDAR_PREFIX)


def _fresh(prefix):
    body = prefix + _base62(random.randbits(RANDOM_BITS), RANDOM_CHARACTERS)
    subkey = _mac_subkeys()[keyring("index").active.kid]
    body += _mac(body.encode(), subkey).decode()
    return Secret(body + _checksum(body))


def recognise(text):
    """Return the secret that a text may be, or None when it cannot be one."""
    ours = OUR_FORMAT.fullmatch(text)
    fits = _is_sound(ours, PREFIXES) if ours else FOREIGN_FORMAT.fullmatch(text)
    return Secret(text) if fits else None


def is_within(text):
    """Return whether a whole token of ours is in a text, or one but for a slip."""
    return OUR_FORMAT.search(text) is not None


def masked_within(text):
    """Return a text in which every whole token of ours is masked.

    One with a wrong checksum is masked too: a slip of one letter hides nothing.
    """
    return OUR_FORMAT.sub(lambda found: Secret(found[0]).masked, text)


def recognise_for_calendar(text):
    """Return the secret of a calendar's address that a text may be, or None."""
    ours = OUR_FORMAT.fullmatch(text)
    return Secret(text) if ours and _is_sound(ours, (CALENDAR_PREFIX,)) else None


def _is_sound(ours, prefixes):
    prefix, characters, check = ours.groups()
    return prefix in prefixes and _checksum(prefix + characters) == check


def _checksum(body):
    rest, third = divmod(zlib.crc32(body.encode()), len(PAIRS))
    first, second = divmod(rest, len(PAIRS))
    return PAIRS[first] + PAIRS[second] + PAIRS[third]


def carries_mac(secret, kid=None):
    """Return whether a secret has the MAC of an index key; without one, of any here."""
    return has_mac(secret.reveal(), kid)


def has_mac(text, kid=None):
    """Return the same of any text, without a look at the rest of it."""
    if text[3:4] != "_":
        return False  # As in no token of ours.
    written, keys = text.encode("ascii", "replace"), _mac_subkeys()
    body, shown = written[:MAC_AT], written[MAC_AT : MAC_AT + MAC_CHARACTERS]
    tried = keys.values() if kid is None else [keys[kid]]
    return any([hmac.compare_digest(_mac(body, key), shown) for key in tried])  # noqa: C419 -- takes half of the time


def _mac_subkeys():
    return subkeys_for("index", "mac")


def _mac(body, subkey):
    """Return 12 letters of keyed BLAKE2b (RFC 7693), in a quarter of HMAC's time."""
    hashed = blake2b(body, digest_size=MAC_CHARACTERS, key=subkey)
    return hashed.digest().translate(MAC_LETTERS)


def _base62(number, length):
    pairs = []
    for _ in range(0, length, 2):
        number, pair = divmod(number, len(PAIRS))
        pairs.append(PAIRS[pair])
    pairs.reverse()
    return "".join(pairs)[-length:]


def digest(secret, subkey):
    """Return the 32 bytes a secret is found by: HMAC-SHA256 under an index subkey."""
    hashed = _begun(subkey).copy()
    hashed.update(secret.reveal().encode())
    return hashed.digest()


@lru_cache(16)
def _begun(subkey):
    # To begin with a key takes OpenSSL twice as long as the rest.
    return hmac.new(subkey, digestmod=sha256)


def digests(secret):
    """Return the digests of a secret under every index key that rows may use."""
    return [digest(secret, subkey) for subkey in keyring("index").subkeys.values()]
