"""Checking ID tokens (OpenID Connect Core 1.0, section 3.1.3.7).

The code flow would let the signature pass, since the token comes over TLS; we check it
all the same, with the provider's published keys.
"""

import hmac
import time
from datetime import timedelta
from hashlib import sha256

import jwt

from accounts.identity.discovery import ALGORITHMS, signing_key
from accounts.identity.problems import Refused

# By how much clocks may differ.
SKEW = timedelta(seconds=60)
NEEDED = ["iss", "sub", "aud", "exp", "iat"]
# As many as allauth's column takes. The standard has 255, which nobody uses.
MOST_SUBJECT = 191


def nonce_for(verifier):
    """Return the nonce of a sign-in, bound to the verifier that its session keeps.

    As section 15.5.2 has it: a hash of a random value that only the browser's session has.
    """
    return sha256(f"tollgate nonce {verifier}".encode()).hexdigest()


def check(provider, token, nonce):
    """Return the claims of an ID token for us; raises Refused, or Away."""
    claims = decode(provider, token, NEEDED)
    found = claims.get("nonce")
    if not isinstance(found, str) or not hmac.compare_digest(
        found.encode(), nonce.encode()
    ):
        raise Refused("The ID token has another nonce.")
    _check_subject(claims["sub"])
    return claims


def signed_in_at(claims):
    """Return when somebody signed in at the provider by its word; 0 if it does not say.

    A time to come is not taken.
    """
    at = claims.get("auth_time")
    if not isinstance(at, int | float) or isinstance(at, bool):
        return 0
    return at if at <= time.time() + SKEW.total_seconds() else 0


def decode(provider, token, needed):
    """Return the claims of a signed token from a provider to us, whatever its kind."""
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise Refused("The token is not signed in a way that is taken.")
        key = signing_key(provider, header.get("kid"), algorithm)
        claims = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=provider.client_id,
            issuer=provider.issuer,
            leeway=SKEW,
            options={"require": needed},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise Refused(f"The token does not hold: {error}.") from error
    _check_party(provider, claims)
    return claims


def _check_party(provider, claims):
    """Compare who the token was made for, where others may use it too."""
    party = claims.get("azp")
    is_shared = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if party is None and is_shared:
        raise Refused(
            "The token is for several, and does not say for whom it was made."
        )
    if party is not None and party != provider.client_id:
        raise Refused("The token was made for somebody else.")


def _check_subject(subject):
    if not isinstance(subject, str) or not 0 < len(subject) <= MOST_SUBJECT:
        raise Refused("The ID token does not say about whom it is.")
