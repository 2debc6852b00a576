"""The document of a provider (OpenID Connect Discovery 1.0), and its keys.

Both are kept in the provider's row for an hour, and used for a day when it is away. A
key that is not known is asked for once, and then not again for half a minute.
"""

from datetime import timedelta

import jwt
from django.utils import timezone

from accounts.identity.http import get_json, is_acceptable
from accounts.identity.problems import Away, Refused
from accounts.models import IdentityProvider

FRESH = timedelta(hours=1)
KEPT = timedelta(days=1)
# Whoever shows us an ID token with an invented key must not make us ask each time.
KEYS_AT_MOST_EVERY = timedelta(seconds=30)
WELL_KNOWN = "/.well-known/openid-configuration"
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
OPTIONAL = ("userinfo_endpoint", "end_session_endpoint")
LISTS = (
    "code_challenge_methods_supported",
    "response_types_supported",
    "token_endpoint_auth_methods_supported",
    "claims_supported",
)
# Signatures that only the provider can make; none of those with our own secret.
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)


def metadata(provider):
    """Return what a provider says about itself, asking it when that is old; raises Away."""
    return _kept(provider, "metadata", fetch_metadata)


def _kept(provider, name, fetch):
    found, at = getattr(provider, name), getattr(provider, f"{name}_at")
    age = timezone.now() - at if found and at else KEPT
    if age < FRESH:
        return found
    try:
        fresh = fetch(provider)
    except Away:
        if age < KEPT:
            return found
        raise
    _keep(provider, **{name: fresh, f"{name}_at": timezone.now()})
    return fresh


def _keep(provider, **fields):
    for name, value in fields.items():
        setattr(provider, name, value)
    # One that is being made, or changed, has no row with these fields yet.
    same = {"issuer": provider.issuer, "client_id": provider.client_id}
    IdentityProvider.objects.filter(pk=provider.pk, **same).update(**fields)


def fetch_metadata(provider):
    """Ask a provider about itself and return the part that is used; raises Away."""
    said = get_json(provider.issuer.rstrip("/") + WELL_KNOWN)
    if said.get("issuer") != provider.issuer:
        raise Away(
            f"It calls itself “{short(said.get('issuer'))}”. Write the issuer like that."
        )
    found = {name: said.get(name) for name in (*NEEDED, *OPTIONAL)}
    for name, url in found.items():
        if name in OPTIONAL and url is None:
            continue
        if not isinstance(url, str) or not is_acceptable(url):
            raise Away(f"Its {name} is not an address with HTTPS.")
    return found | {name: _texts(said.get(name)) for name in LISTS}


def short(value):
    """Return the beginning of what somebody else says, for a sentence."""
    return str(value)[:200]


def _texts(value):
    """Return the texts of a list, or None when there is no list."""
    if not isinstance(value, list):
        return None
    return [each for each in value if isinstance(each, str)][:50]


def fetch_keys(provider):
    """Ask a provider for its public keys (RFC 7517); raises Away."""
    found = get_json(metadata(provider)["jwks_uri"]).get("keys")
    if not isinstance(found, list):
        raise Away("It publishes no keys.")
    return [each for each in found if _is_for_signing(each)]


def _is_for_signing(key):
    is_key = isinstance(key, dict) and key.get("kty") in ("RSA", "EC", "OKP")
    return is_key and key.get("use", "sig") == "sig"


def signing_key(provider, kid, algorithm):
    """Return the key of an ID token's header; raises Refused, or Away."""
    found = _find(_kept(provider, "keys", fetch_keys), kid)
    if found is None and timezone.now() - provider.keys_at > KEYS_AT_MOST_EVERY:
        # Noted first: an answer that fails counts, too.
        _keep(provider, keys_at=timezone.now())
        _keep(provider, keys=fetch_keys(provider))
        found = _find(provider.keys, kid)
    if found is None:
        raise Refused("The ID token is signed with a key that it does not publish.")
    try:
        return jwt.PyJWK(found, algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise Refused(f"Its key cannot be used for {algorithm}.") from error


def _find(keys, kid):
    if kid is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.get("kid") == kid), None)
