"""Reports of GitHub's secret scanning, signed with one of its published keys.

The signature is ECDSA over P-256 and SHA-256 of the body, in base64; the key is named by
an identifier and published as JSON at `GITHUB_KEYS_URL`.
https://docs.github.com/code-security/secret-scanning/secret-scanning-partner-program
"""

import base64
import json
import threading
import time
import urllib.request
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings

from accounts.rule_violations import Unavailable
from leaks.findings import BadReport

NAME = "GitHub secret scanning"
IDENTIFIER = "Github-Public-Key-Identifier"
SIGNATURE = "Github-Public-Key-Signature"
LASTS_SECONDS = 3600.0
# An identifier that nobody knows must not make us ask at every request.
AT_MOST_EVERY = 30.0
SECONDS = 3.0
MOST_BYTES = 1024 * 1024


class WrongSignature(BadReport):
    """400: GitHub has not signed this."""


def is_signed(request):
    return IDENTIFIER in request.headers or SIGNATURE in request.headers


def check_signature(request, body):
    """Return when GitHub has signed a body; raises WrongSignature, or Unavailable."""
    key = keys.find(request.headers.get(IDENTIFIER, ""))
    try:
        signature = base64.b64decode(request.headers.get(SIGNATURE, ""), validate=True)
        key.verify(signature, body, ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature):
        raise WrongSignature("The signature is wrong.") from None


class PublicKeys:
    """GitHub's keys by their identifiers, kept for an hour."""

    def __init__(self):
        self._lock = threading.Lock()
        self.forget()

    def forget(self):
        self._keys, self._read_at = {}, float("-inf")

    def find(self, identifier):
        """Return a key; raises WrongSignature for one that is not published, or Unavailable."""
        with self._lock:
            age = time.monotonic() - self._read_at
            is_new = identifier not in self._keys and age > AT_MOST_EVERY
            if is_new or age > LASTS_SECONDS:
                self._keys = _published()
                self._read_at = time.monotonic()
        key = self._keys.get(identifier)
        if key is None:
            raise WrongSignature("GitHub has not published this key.")
        return key


keys = PublicKeys()


def _published():
    try:
        rows = json.loads(_read(settings.GITHUB_KEYS_URL))["public_keys"]
        found = {row["key_identifier"]: _key(row["key"]) for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unavailable(
            "no_keys", "GitHub's keys cannot be read now. Try again."
        ) from error
    return {identifier: key for identifier, key in found.items() if key}


def _read(place):
    if not place.startswith("https://"):
        return Path(place).read_bytes()
    with urllib.request.urlopen(place, timeout=SECONDS) as answer:  # noqa: S310 -- https, and the operator's
        return answer.read(MOST_BYTES)


def _key(pem):
    """Return a key of P-256, or None for any other."""
    try:
        key = load_pem_public_key(pem.encode())
    except UnsupportedAlgorithm:
        return None
    fits = isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1"
    return key if fits else None


def feedback(findings, known):
    """Return what GitHub is told: of each token whether it was one, by its hash."""
    return [
        {
            "token_hash": _hash(finding.token),
            "token_type": finding.type,
            "label": "true_positive" if finding.token in known else "false_positive",
        }
        for finding in findings
    ]


def _hash(text):
    return base64.b64encode(sha256(text.encode(errors="replace")).digest()).decode()
