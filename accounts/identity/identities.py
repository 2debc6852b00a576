"""Who somebody is to a provider."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.identity.problems import Refused
from accounts.models import IdentityProvider
from accounts.models.providers import domain_of
from accounts.names import check_seen
from accounts.rule_violations import RuleViolation

MOST_EMAIL, MOST_NAME = 254, 150
MOST_GROUPS, MOST_GROUP = 2000, 255


@dataclass(frozen=True, slots=True)
class Identity:
    """A person at a provider: `subject` is theirs for ever, the rest may change.

    `groups` is None where groups mean nothing, or the provider did not say all of them.
    """

    provider: IdentityProvider
    subject: str
    email: str
    is_verified: bool
    name: str
    groups: list | None

    @property
    def domain(self):
        return domain_of(self.email)


def identity(provider, claims, userinfo):
    """Return the Identity of checked claims and userinfo; raises Refused.

    What userinfo says goes first, and an address is as verified as the one says that
    has it.
    """
    if userinfo and userinfo.get("sub") != claims["sub"]:
        raise Refused("Its userinfo is about somebody else than the ID token.")
    address = userinfo if userinfo.get("email") else claims
    both = claims | userinfo
    return Identity(
        provider=provider,
        subject=claims["sub"],
        email=_email(address.get("email")),
        is_verified=address.get("email_verified") is True,
        name=_name(both.get("name")),
        groups=_groups(provider, both),
    )


def _email(value):
    if not isinstance(value, str) or len(value) > MOST_EMAIL:
        return ""
    email = value.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email


def _name(value):
    """Return a name that others may read, or a blank."""
    if not isinstance(value, str):
        return ""
    name = " ".join(value.split())[:MOST_NAME]
    try:
        check_seen(name=name)
    except RuleViolation:
        return ""
    return name if name.isprintable() else ""


def _groups(provider, claims):
    name = provider.groups_claim
    if not name or _is_elsewhere(claims, name):
        return None
    found = claims.get(name, [])
    if isinstance(found, str):
        found = [found]
    if not isinstance(found, list) or len(found) > MOST_GROUPS:
        return None
    return [each for each in found if isinstance(each, str) and len(each) <= MOST_GROUP]


def _is_elsewhere(claims, name):
    """Whether there are too many to be told (section 5.6.2; Entra ID above 200)."""
    names = claims.get("_claim_names")
    return isinstance(names, dict) and name in names
