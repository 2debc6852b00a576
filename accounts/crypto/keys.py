"""The installation's keys: encryption, index and audit, several of each at a time.

Keys are 32 random bytes in base64, listed as `2:<base64>,1:<base64>`; the first one
is active, the others only read what was written under them.
"""

import base64
import hmac
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.signals import setting_changed

KEY_BYTES = 32
MOST_KID = 2**32 - 1
KEY_SETTINGS = {
    "enc": "TOLLGATE_ENC_KEYS",
    "index": "TOLLGATE_INDEX_KEYS",
    "audit": "TOLLGATE_AUDIT_KEY",
}


class KeyProblem(Exception):  # noqa: N818 -- named for what it tells
    """A configured key that cannot be used; the text names the variable."""


@dataclass(frozen=True, slots=True)
class Key:
    purpose: str
    kid: int
    material: bytes = field(repr=False)

    @property
    def check_value(self):
        """16 bytes that tell keys apart without showing them."""
        text = b"kcv/1" + self.purpose.encode() + str(self.kid).encode()
        return hmac.digest(self.material, text, sha256)[:16]

    def subkey(self, label):
        """Derive 32 bytes for one use with HKDF-SHA256 (RFC 5869)."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=label).derive(self.material)


@dataclass(frozen=True, slots=True)
class Keyring:
    active: Key
    keys: dict[int, Key]
    subkeys: dict[int, bytes] = field(repr=False)

    @property
    def active_subkey(self):
        return self.subkeys[self.active.kid]


def parse(purpose, text):
    """Read `kid:base64,…`, or one bare base64 value as key 1.

    Raises KeyProblem for what is not 32 bytes, not base64, zero or listed twice.
    """
    keys = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        kid, _, encoded = entry.rpartition(":")
        key = Key(purpose, _kid(purpose, kid or "1"), _material(purpose, encoded))
        if key.kid in keys:
            raise KeyProblem(f"{KEY_SETTINGS[purpose]} lists key {key.kid} twice.")
        keys[key.kid] = key
    if not keys:
        raise KeyProblem(f"{KEY_SETTINGS[purpose]} holds no key.")
    return keys


def _kid(purpose, text):
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= MOST_KID):
        raise KeyProblem(f"{KEY_SETTINGS[purpose]} has a key id that is not a number.")
    return int(text)


def _material(purpose, encoded):
    try:
        material = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise KeyProblem(
            f"{KEY_SETTINGS[purpose]} has a key that is not base64."
        ) from None
    if len(material) != KEY_BYTES or not any(material):
        raise KeyProblem(
            f"{KEY_SETTINGS[purpose]} needs keys of 32 random bytes; "
            "`manage.py generate_key` makes one."
        )
    return material


@cache
def keyring(purpose):
    """Return the keys of a purpose with the subkeys that are really used."""
    keys = parse(purpose, getattr(settings, KEY_SETTINGS[purpose]))
    label = f"tollgate/{purpose}/1".encode()
    subkeys = {kid: key.subkey(label) for kid, key in keys.items()}
    return Keyring(next(iter(keys.values())), keys, subkeys)


@cache
def subkeys_for(purpose, use):
    """Return subkeys for a second use of a purpose's keys, by the keys' ids."""
    label = f"tollgate/{purpose}/{use}/1".encode()
    return {kid: key.subkey(label) for kid, key in keyring(purpose).keys.items()}


def _forget(**_):
    keyring.cache_clear()
    subkeys_for.cache_clear()


setting_changed.connect(_forget)
