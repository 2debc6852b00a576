"""What a provider says of itself and of its keys: what is taken, kept and asked again."""

import socket
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from accounts.identity import discovery, http
from accounts.identity.problems import Away, Refused
from accounts.identity.trial import try_out
from accounts.models import IdentityProvider
from tests.accounts.identity.liars import lying


@pytest.fixture
def liar():
    with lying() as found:
        found.claims_to_be()
        yield found


@pytest.fixture
def provider(liar, db):
    made = IdentityProvider(slug="x", name="X", issuer=liar.url, client_id="tollgate")
    made.seal("secret")
    made.save()
    return made


def public_key(kid, **more):
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return jwt.algorithms.ECAlgorithm.to_jwk(key, as_dict=True) | {"kid": kid} | more


# Where may be asked


@pytest.mark.parametrize(
    ("url", "is_fine"),
    [
        ("https://login.acme.example", True),
        ("https://10.0.0.7:8443/realms/acme", True),
        ("http://127.0.0.1:9000", True),
        ("http://[::1]:9000", True),
        ("http://localhost:9000", True),
        ("http://10.0.0.7", False),
        ("http://login.acme.example", False),
        ("http://localhost.acme.example", False),
        ("https://user@login.acme.example", False),
        ("https://login.acme.example/#x", False),
        ("https://login.acme.example:x", False),
        ("https://[::1", False),
        ("https:///path", False),
        ("https://löwe.example", False),
        ("ftp://login.acme.example", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_addresses_have_tls_or_are_on_this_machine(url, is_fine):
    assert http.is_acceptable(url) is is_fine


def test_developers_need_no_tls(settings):
    settings.DEBUG = True

    assert http.is_acceptable("http://login.acme.example")


@pytest.fixture
def resolves(monkeypatch):
    def to(*addresses):
        found = [(0, 0, 0, "", (each, 443)) for each in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)

    return to


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://login.acme.example", "169.254.169.254"),
        ("https://login.acme.example", "::ffff:169.254.169.254"),
        ("https://login.acme.example", "fe80::1%1"),
        ("https://login.acme.example", "224.0.0.1"),
        ("https://login.acme.example", "0.0.0.0"),  # noqa: S104 -- nobody binds to it
        ("http://localhost", "10.0.0.7"),
    ],
)
def test_what_hands_out_credentials_of_machines_is_not_called(resolves, url, address):
    resolves(address)

    with pytest.raises(Away, match="has an address that is not called"):
        http.get_json(url)


def test_private_addresses_are_called(resolves, monkeypatch):
    monkeypatch.setattr(http, "SECONDS", 0.05)
    # For documentation: nobody is there (RFC 5737).
    resolves("192.0.2.1")

    with pytest.raises(Away, match="No answer from"):
        http.get_json("https://login.acme.example")


def test_other_addresses_are_not_called_at_all(liar):
    with pytest.raises(Away, match="is not an address with HTTPS"):
        http.get_json("http://login.acme.example")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((200, b"<h1>"), "no JSON object"),
        ((200, b"[]"), "no JSON object"),
        ((200, b"[" * 100_000), "no JSON object"),
        ((200, b" " * (http.MOST_BYTES + 1)), "too long"),
        ((302, {}), "answered 302"),
        ((500, {}), "answered 500"),
    ],
)
def test_what_is_no_answer_is_said_to_be_none(liar, answer, sentence):
    liar.says["/x"] = answer

    with pytest.raises(Away, match=sentence):
        http.get_json(f"{liar.url}/x")


# What it says of itself


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"issuer": None}, "It calls itself “None”"),
        ({"issuer": "https://evil.example"}, "evil.example”. Write the issuer"),
        ({"token_endpoint": "http://10.0.0.7/"}, "Its token_endpoint is not"),
        ({"jwks_uri": 7}, "Its jwks_uri is not"),
        ({"userinfo_endpoint": ["x"]}, "Its userinfo_endpoint is not"),
        ({"authorization_endpoint": None}, "Its authorization_endpoint is not"),
    ],
)
def test_what_it_says_has_to_hold(liar, provider, said, sentence):
    liar.claims_to_be(**said)

    with pytest.raises(Away, match=sentence):
        discovery.metadata(provider)


def test_it_is_asked_once_an_hour_and_believed_for_a_day(liar, provider, time_machine):
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    discovery.metadata(provider)
    again = IdentityProvider.objects.get()
    assert discovery.metadata(again)["token_endpoint"] == f"{liar.url}/token"
    assert len(liar.asked) == 1

    liar.says = {}
    time_machine.move_to(now + timedelta(hours=2), tick=False)
    assert discovery.metadata(again)["token_endpoint"] == f"{liar.url}/token"
    assert len(liar.asked) == 2

    time_machine.move_to(now + timedelta(hours=25), tick=False)
    with pytest.raises(Away):
        discovery.metadata(again)

    liar.claims_to_be(token_endpoint=f"{liar.url}/new")
    assert discovery.metadata(again)["token_endpoint"] == f"{liar.url}/new"


# Its keys


def test_a_key_that_is_new_is_asked_for_once(liar, provider, time_machine):
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    liar.says["/keys"] = (200, {"keys": [public_key("old")]})
    assert discovery.signing_key(provider, "old", "ES256")
    liar.says["/keys"] = (200, {"keys": [public_key("new")]})

    time_machine.move_to(now + timedelta(seconds=31), tick=False)
    assert discovery.signing_key(provider, "new", "ES256")
    for kid in ("invented", "another", "old"):
        with pytest.raises(Refused, match="does not publish"):
            discovery.signing_key(provider, kid, "ES256")

    assert liar.asked.count("/keys") == 2


def test_an_answer_that_fails_counts_too(liar, provider, time_machine):
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    liar.says["/keys"] = (200, {"keys": [public_key("old")]})
    discovery.signing_key(provider, "old", "ES256")
    liar.says["/keys"] = (503, {})

    time_machine.move_to(now + timedelta(seconds=31), tick=False)
    with pytest.raises(Away):
        discovery.signing_key(provider, "new", "ES256")
    with pytest.raises(Refused):
        discovery.signing_key(provider, "new", "ES256")

    assert discovery.signing_key(provider, "old", "ES256")


def test_one_key_needs_no_name(liar, provider):
    liar.says["/keys"] = (200, {"keys": [public_key("one")]})

    assert discovery.signing_key(provider, None, "ES256")


def test_of_two_keys_the_name_is_needed(liar, provider):
    liar.says["/keys"] = (200, {"keys": [public_key("one"), public_key("two")]})

    with pytest.raises(Refused):
        discovery.signing_key(provider, None, "ES256")


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA", "PS256"])
def test_a_key_is_good_for_its_own_algorithm(liar, provider, algorithm):
    liar.says["/keys"] = (200, {"keys": [public_key("one")]})

    with pytest.raises(Refused, match="cannot be used for"):
        discovery.signing_key(provider, "one", algorithm)


def test_a_key_that_is_none_is_refused(liar, provider):
    liar.says["/keys"] = (200, {"keys": [{"kty": "EC", "kid": "one", "crv": "P-256"}]})

    with pytest.raises(Refused, match="cannot be used for"):
        discovery.signing_key(provider, "one", "ES256")


# What a test finds


@pytest.mark.parametrize(
    ("metadata", "keys", "sentence"),
    [
        ({"response_types_supported": ["token"]}, None, "authorization code flow"),
        ({"code_challenge_methods_supported": ["plain"]}, None, "PKCE with S256"),
        (
            {"token_endpoint_auth_methods_supported": ["private_key_jwt", 7]},
            None,
            "Its token endpoint takes private_key_jwt.",
        ),
        ({}, {"keys": "x"}, "It publishes no keys."),
        ({}, {"keys": [7, {"kty": "oct"}, {"kty": "EC", "use": "enc"}]}, "no key that"),
        ({}, {"keys": [{"kty": "RSA"}]}, "It answered 404, None"),
    ],
)
def test_a_test_says_what_is_not_well(liar, provider, metadata, keys, sentence):
    liar.claims_to_be(**metadata)
    liar.says["/keys"] = (200, keys)

    assert sentence in try_out(provider)[-1].said


@pytest.mark.parametrize(
    ("claims", "is_said"), [(None, False), (["auth_time"], False), (["sub"], True)]
)
def test_a_test_says_what_proofs_need(liar, provider, claims, is_said):
    liar.claims_to_be(claims_supported=claims)

    _, flow, *_ = try_out(provider)

    assert flow.is_fine
    assert ("auth_time is not among its claims" in flow.said) is is_said


def test_a_test_asks_no_further_than_the_first_that_is_not_well(liar, provider):
    liar.says = {}

    assert len(try_out(provider)) == 1
    assert liar.asked == ["/.well-known/openid-configuration"]
