"""Encryption at rest: AES-256-GCM (NIST SP 800-38D), bound to its row.

An envelope is version (1 byte), key id (4), nonce (12), ciphertext and tag (16).
"""

import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from accounts.crypto.keys import keyring

VERSION = b"\x01"
NONCE_BYTES = 12
HEADER_BYTES = 5


class Sealed(Exception):  # noqa: N818 -- named for the state it reports
    """The envelope cannot be opened: unknown key, or not the row it was made for."""


def seal(plaintext, *context):
    """Encrypt bytes for a context: the byte strings that name their row.

    Returns the envelope and the id of the key, for a column that rotation selects by.
    """
    ring = keyring("enc")
    kid = ring.active.kid
    nonce = os.urandom(NONCE_BYTES)
    cipher = _cipher(ring.active_subkey)
    body = cipher.encrypt(nonce, plaintext, _associated_data(kid, context))
    return VERSION + kid.to_bytes(4) + nonce + body, kid


def unseal(envelope, *context):
    """Decrypt an envelope made by `seal` for the same context; raises Sealed."""
    envelope = bytes(envelope)
    kid = int.from_bytes(envelope[1:HEADER_BYTES])
    subkey = keyring("enc").subkeys.get(kid)
    if envelope[:1] != VERSION or subkey is None:
        raise Sealed(f"encryption key {kid} is not configured")
    nonce = envelope[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES]
    body = envelope[HEADER_BYTES + NONCE_BYTES :]
    try:
        return _cipher(subkey).decrypt(nonce, body, _associated_data(kid, context))
    except InvalidTag:
        raise Sealed("the envelope belongs to another row or was changed") from None


@lru_cache(16)
def _cipher(subkey):
    # To begin with a key takes as long as to open an envelope.
    return AESGCM(subkey)


def _associated_data(kid, context):
    parts = (b"tollgate/1", kid.to_bytes(4), *context)
    return b"".join([len(part).to_bytes(4) + part for part in parts])
