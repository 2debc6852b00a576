"""An identity as it is read from claims."""

import pytest

from accounts.identity.identities import identity
from accounts.identity.problems import Refused
from accounts.models.providers import domain_of
from tests.identity_provider import ADA


@pytest.fixture(autouse=True)
def _ada(real):
    real.set(accounts={"ada": ADA})


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": " Ada  L "}, "Ada L"),
        ({"name": 7}, ""),
        ({"name": "Ada\u202eL"}, ""),
        ({"name": "Ada\x07"}, ""),
        ({}, ""),
    ],
)
def test_names_are_what_others_may_read(provider, claims, name):
    assert identity(provider, {"sub": "x"} | claims, {}).name == name


@pytest.mark.parametrize(
    ("claims", "groups"),
    [
        ({"groups": ["a", 7, "b" * 256]}, ["a"]),
        ({"groups": "a"}, ["a"]),
        ({"groups": {"a": 1}}, None),
        ({"groups": ["a"] * 2001}, None),
        ({}, []),
        ({"_claim_names": {"groups": "src1"}}, None),
        ({"_claim_names": {"other": "src1"}, "groups": ["a"]}, ["a"]),
    ],
)
def test_groups_are_a_list_or_unknown(provider, claims, groups):
    provider.groups_claim = "groups"

    assert identity(provider, {"sub": "x"} | claims, {}).groups == groups


def test_groups_mean_nothing_without_a_claim(provider):
    assert identity(provider, {"sub": "x", "groups": ["a"]}, {}).groups is None


def test_an_address_that_is_too_long_is_none(provider):
    claims = {"sub": "x", "email": "x" * 250 + "@acme.example"}

    assert identity(provider, claims, {}).email == ""


def test_domains_of_any_letters_are_found(provider):
    assert identity(provider, {"sub": "x", "email": "a@bücher.example"}, {}).domain == (
        "xn--bcher-kva.example"
    )


def test_what_cannot_be_encoded_is_a_domain_all_the_same():
    letters = "\u00fc" * 70

    assert domain_of(f"a@{letters}.example") == f"{letters}.example"


def test_userinfo_of_somebody_else_is_refused(provider):
    with pytest.raises(Refused):
        identity(provider, {"sub": "x"}, {"sub": "y"})
