"""Groups of providers in tests, and the roles that they give."""

from allauth.usersessions.models import UserSession
from django.utils import timezone

from accounts.audit.trail import Actor
from accounts.models import (
    GroupRole,
    IdentityProvider,
    Role,
)

BY = Actor("dana@acme.example")


def provider_of(organisation, slug="acme"):
    provider = IdentityProvider(
        slug=slug,
        name=slug.title(),
        organisation=organisation,
        issuer=f"https://{slug}.example",
        client_id="x",
        groups_claim="groups",
        is_on=True,
        tested_at=timezone.now(),
    )
    provider.seal("secret")
    provider.save()
    return provider


def give(account, group, role=Role.USER):
    return GroupRole.objects.create(account=account, group=group, role=role)


def roles(person):
    return {
        row.account: row.role for row in person.memberships.select_related("account")
    }


def session_of(person, key="x"):
    return UserSession.objects.create(user=person, ip="192.0.2.1", session_key=key)
