"""Tokens of which it is known what is wrong with them."""

from datetime import UTC, datetime, timedelta

from django.urls import reverse

from accounts.audit.trail import Actor
from tests.factories import TokenFactory
from tokens import health
from tokens.models import Token

# Days are written down before the tests begin, and stay what they are at midnight.
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def by(person):
    return Actor(label=person.email, user=person)


def token(account, person, *, made=200, used=1, ends=30, **fields):
    """Make a token whose past and end are days away; None for never."""
    made_token = TokenFactory(account=account, by=by(person), **fields)
    Token.objects.filter(pk=made_token.pk).update(
        created_at=NOON - timedelta(days=made),
        last_used_at=None if used is None else NOON - timedelta(days=used),
        expires_at=None if ends is None else NOON + timedelta(days=ends),
    )
    return made_token


def address(account, /, **query):
    return reverse("tokens:health", args=[account.pk], query=query)


def found(tokens=None):
    """Return the names of the tokens that have each finding, if any has."""
    tokens = Token.objects.not_deleted() if tokens is None else tokens
    names = {
        finding.slug: sorted(
            tokens.filter(finding.condition()).values_list("name", flat=True)
        )
        for finding in health.findings()
    }
    return {slug: each for slug, each in names.items() if each}
