"""The providers that a person signs in with, and how one is disconnected.

Whoever lets go of one keeps another way in, and the accounts that its groups gave keep
their last admin.
"""

from typing import NamedTuple

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db import transaction

from accounts.audit.trail import record
from accounts.identity.groups import apply_groups
from accounts.locks import repeated
from accounts.mail import link, send
from accounts.members import last_admin
from accounts.models import (
    Action,
    IdentityProvider,
    RequiredSignIn,
    SeenGroups,
    User,
)
from accounts.rule_violations import RuleViolation

ONLY_WAY = "It is your only way in. Add a passkey first, or have a password mailed."


class ProviderConnection(NamedTuple):
    """A provider that a person signs in with, as the row of allauth has it."""

    row: SocialAccount
    provider: IdentityProvider


def connections(person):
    """Return a person's Connections by name, those too whose provider is off."""
    rows = {each.provider: each for each in SocialAccount.objects.filter(user=person)}
    found = IdentityProvider.objects.filter(slug__in=rows).select_related(
        "organisation"
    )
    return [
        ProviderConnection(rows[each.slug], each) for each in found.order_by("name")
    ]


def why_kept(person, connection):
    """Return why a person cannot let go of a provider just now, or a blank."""
    others = [
        each.provider
        for each in connections(person)
        if each.provider.is_on and each.provider != connection.provider
    ]
    return _why_way(person, others) or _why_admin(person, connection.provider)


def _why_way(person, others):
    required = RequiredSignIn.objects.of_address(person.email).first()
    if required and not person.is_staff:
        if any(each.organisation_id == required.organisation_id for each in others):
            return ""
        return f"{required.organisation.name} requires it."
    if others or person.has_usable_password() or _has_passkey(person):
        return ""
    return ONLY_WAY


def _has_passkey(person):
    """Whether a person has a key that signs in by itself, and not after a password."""
    keys = Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN)
    return any(each.wrap().is_passwordless for each in keys)


def _why_admin(person, provider):
    for row in granted(person, provider):
        if last_admin(row.account) == row.pk:
            return (
                f"Its groups make you the last admin of {row.account.name}. Make somebody "
                "else an admin first."
            )
    return ""


def granted(person, provider):
    """Return the memberships that the groups of a provider gave a person."""
    rows = person.memberships.filter(granted_by=provider, account__deleted_at=None)
    return rows.select_related("account").order_by("account__name", "pk")


@repeated
def disconnect(connection, person, *, by, keep=""):
    """Let a person sign in with a provider no more, and mail them so.

    What its groups gave goes with it, and so do the sessions that it began; `keep` is the
    key of one that it did not. Raises RuleViolation for what `why_kept` says.
    """
    provider = connection.provider
    with transaction.atomic():
        # Two providers that let go at one moment must not both rely on the other one.
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
        if refusal := why_kept(person, connection):
            raise RuleViolation("last_way_in", refusal)
        apply_groups(provider, person, [], keep=keep)
        SeenGroups.objects.filter(provider=provider, user=person).delete()
        SocialAccount.objects.filter(pk=connection.row.pk, user=person).delete()
        _end_sessions(person, provider)
        record(
            Action.PROVIDER_DISCONNECTED,
            by=by,
            organisation=provider.organisation,
            target=person.email,
            provider=provider.name,
        )
        _mail(person, provider)


def _mail(person, provider):
    send(
        person.email,
        f"You cannot sign in with {provider.name} any more",
        "accounts/mail/disconnected.html",
        provider=provider,
        profile=link("/profile/"),
    )


def _end_sessions(person, provider):
    for session in UserSession.objects.filter(
        user=person, data__provider=provider.slug
    ):
        session.end()
