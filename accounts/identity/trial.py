"""Trying a provider before anybody signs in with it."""

from dataclasses import dataclass

from django.utils import timezone

from accounts.crypto.envelope import Sealed
from accounts.identity import discovery
from accounts.identity.problems import Away
from accounts.identity.token_endpoint import exchange


@dataclass(frozen=True, slots=True)
class TrialResult:
    """One thing that was looked at, whether it is well, and what was seen."""

    label: str
    is_fine: bool
    said: str


def try_out(provider):
    """Ask a provider all that sign-in needs, and return the Findings.

    The first that is not well is the last one.
    """
    findings = []
    for step in (_discovery, _flow, _keys, _client):
        try:
            findings.append(step(provider))
        except Away as problem:
            findings.append(_wrong(step, problem.detail))
        if not findings[-1].is_fine:
            break
    return findings


def _discovery(provider):
    provider.metadata = discovery.fetch_metadata(provider)
    provider.metadata_at = timezone.now()
    return _fine(_discovery, "It answers, and calls itself as it should.")


def _flow(provider):
    said = provider.metadata
    types = said["response_types_supported"]
    if types is not None and "code" not in types:
        return _wrong(_flow, "It does not offer the authorization code flow.")
    methods = said["code_challenge_methods_supported"]
    if methods is not None and "S256" not in methods:
        return _wrong(_flow, "It does not offer PKCE with S256.")
    ways = said["token_endpoint_auth_methods_supported"] or [provider.token_auth_method]
    if provider.token_auth_method not in ways:
        known = ", ".join(ways)
        return _wrong(_flow, f"Its token endpoint takes {known}.")
    pkce = "with PKCE" if methods else "PKCE is sent, though it does not say so"
    found = f"Authorization code, {pkce}, {provider.token_auth_method}."
    return _fine(_flow, found + _proofs(said["claims_supported"]))


def _proofs(claims):
    """Return a sentence about one that does not say that it tells when people signed in."""
    if claims is None or "auth_time" in claims:
        return ""
    return " auth_time is not among its claims: people may not be able to prove who they are."


def _keys(provider):
    keys = provider.keys = discovery.fetch_keys(provider)
    provider.keys_at = timezone.now()
    if not keys:
        return _wrong(_keys, "It publishes no key that ID tokens can be checked with.")
    return _fine(_keys, f"{len(keys)} to check ID tokens with.")


def _client(provider):
    """Exchange an invented code: a provider refuses the client before it does the code."""
    try:
        status, said = exchange(provider, provider.metadata, "tollgate-test", "x" * 43)
    except Sealed as error:
        return _wrong(_client, f"The secret cannot be opened: {error}.")
    error = said.get("error")
    if status == 400 and error == "invalid_grant":
        return _fine(_client, "It takes client id and secret.")
    if error in ("invalid_client", "unauthorized_client"):
        return _wrong(_client, "It does not take client id and secret.")
    return _wrong(_client, f"It answered {status}, {discovery.short(error)}.")


LABELS = {
    _discovery: "Discovery",
    _flow: "Flow",
    _keys: "Keys",
    _client: "Client",
}


def _fine(step, said):
    return TrialResult(LABELS[step], is_fine=True, said=said)


def _wrong(step, said):
    return TrialResult(LABELS[step], is_fine=False, said=said)
