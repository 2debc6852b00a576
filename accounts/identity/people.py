"""Which person somebody is who comes from a provider.

A provider of an organisation speaks for addresses of its domains and for no others.
Whoever is new becomes a person; whoever is known under that address, and has been here,
is connected when they confirm it, and only if no other organisation knows them.
"""

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit.trail import Actor, record
from accounts.identity.groups import apply_groups
from accounts.identity.problems import ProviderProblem
from accounts.invitations import accept
from accounts.mail import link as full_address
from accounts.mail import send
from accounts.models import (
    Action,
    EmailDomain,
    IdentityProvider,
    RequiredSignIn,
    User,
)
from accounts.models.providers import domain_of


class NotAllowed(ProviderProblem):
    """It is them, and a rule of ours stands against it."""


class BegunElsewhere(ProviderProblem):
    """Nobody knows of this sign-in; a stranger can ask for any number of these."""

    status = 400
    is_refusal = False


class ToBeConfirmed(Exception):  # noqa: N818 -- a step, and no error
    """The address is a known person's, who is asked first."""

    def __init__(self, person):
        super().__init__()
        self.person = person


def person_of(identity, *, by):
    """Return the person of an Identity; raises NotAllowed, or ToBeConfirmed."""
    known = connection(identity)
    if known:
        check_returning(identity, known.user)
        return known.user
    check_address(identity)
    person = User.objects.filter(email=identity.email).first()
    if person is None or is_untouched(person):
        return _connected_first(identity, by)
    check_connectable(identity, person)
    raise ToBeConfirmed(person)


def arrived(identity, person, *, by, keep=""):
    """Settle what somebody may do here, now that their provider has spoken for them.

    To sign in by an organisation's own provider is to accept its invitations. `keep` is
    the key of a session that stays, should they have lost a right.
    """
    organisation = identity.provider.organisation
    if organisation:
        accept(person, organisation, by=acting(person, by))
    if identity.groups is not None:
        apply_groups(identity.provider, person, identity.groups, keep=keep)
    given = person.memberships.filter(granted_by=identity.provider)
    given.update(heard_at=timezone.now())


def acting(person, by):
    """Return the Actor of who comes in: nobody is signed in yet."""
    return Actor(person.email, user=person, ip=by.ip, agent=by.agent)


def connection(identity):
    rows = SocialAccount.objects.select_related("user")
    return rows.filter(provider=identity.provider.slug, uid=identity.subject).first()


def check_returning(identity, person):
    """Raise NotAllowed for a person whom the provider does not speak for any more."""
    domain = domain_of(person.email)
    if not speaks_for(identity.provider, domain):
        raise NotAllowed(_not_for(domain))
    _check_staff(identity.provider, person)
    _check_required(identity.provider, person)


def _check_required(provider, person):
    required = RequiredSignIn.objects.of_address(person.email).first()
    if required and required.organisation_id != provider.organisation_id:
        raise NotAllowed(
            f"People of {domain_of(person.email)} sign in with their organisation's own "
            "provider."
        )


def check_address(identity):
    """Raise NotAllowed unless the provider may say that the address is theirs."""
    if not identity.email:
        raise NotAllowed("It did not say which e-mail address is yours.")
    if not identity.is_verified:
        raise NotAllowed(
            f"It has not verified that {identity.email} is yours, so that nobody was "
            "signed in. Verify the address there, then try again."
        )
    if not speaks_for(identity.provider, identity.domain):
        raise NotAllowed(_not_for(identity.domain))
    if _is_of_others(identity):
        raise NotAllowed(
            f"People of {identity.domain} sign in with their organisation's own "
            "provider."
        )


def speaks_for(provider, domain):
    """Whether a provider may say anything about addresses of a domain."""
    if provider.organisation_id is None:
        return True
    mine = EmailDomain.objects.filter(organisation=provider.organisation_id)
    return mine.filter(domain=domain).exists()


def _is_of_others(identity):
    """Whether an organisation has a provider of its own for the address."""
    if identity.provider.organisation_id is not None:
        return False
    return IdentityProvider.objects.on().for_domain(identity.domain).exists()


def _not_for(domain):
    return f"It does not sign in people of {domain} here. Ask your admin."


def check_connectable(identity, person):
    """Raise NotAllowed for a person who is not this organisation's alone."""
    _check_staff(identity.provider, person)
    here = identity.provider.organisation_id
    others = person.memberships.accepted().exclude(account__organisation=here)
    if here is not None and others.exists():
        raise NotAllowed(
            f"{person.email} belongs to another organisation, too, whose tokens this "
            "provider must not open. Sign in as before."
        )


def _check_staff(provider, person):
    if person.is_staff and provider.organisation_id is not None:
        raise NotAllowed(
            "Operator staff do not sign in with an organisation's provider."
        )


def is_untouched(person):
    """Whether nobody has ever signed in as this person: somebody named the address."""
    came = person.last_login or person.has_usable_password()
    connected = SocialAccount.objects.filter(user=person).exists()
    return not (came or connected or person.is_staff)


def _connected_first(identity, by):
    try:
        with transaction.atomic():
            person, is_new = User.objects.get_or_create(
                email=identity.email, defaults={"full_name": identity.name}
            )
            if is_new:
                person.set_unusable_password()
                person.save(update_fields=["password"])
            _connect(identity, person, by)
    except IntegrityError:
        # Another tab of theirs was first.
        return connection(identity).user
    return person


def connect(identity, person, *, by):
    """Let a person sign in with a provider from now on, and tell them by mail.

    Raises NotAllowed when the identity is another person's, or a rule stands against it.
    """
    _check_connection(identity, person)
    try:
        with transaction.atomic():
            _connect(identity, person, by)
            send(
                person.email,
                f"You can sign in with {identity.provider.name} now",
                "accounts/mail/connected.html",
                provider=identity.provider,
                profile=full_address("/profile/"),
            )
    except IntegrityError:
        raise NotAllowed("It is connected already.") from None


def can_be_connected(identity, person):
    try:
        _check_connection(identity, person)
    except NotAllowed:
        return False
    return True


def _check_connection(identity, person):
    check_address(identity)
    check_connectable(identity, person)
    if identity.email != person.email:
        raise NotAllowed(
            f"It knows you as {identity.email}. Only {person.email} can be connected."
        )


def _connect(identity, person, by):
    SocialAccount.objects.create(
        provider=identity.provider.slug,
        uid=identity.subject,
        user=person,
        extra_data={"email": identity.email},
    )
    record(
        Action.PROVIDER_CONNECTED,
        by=acting(person, by),
        organisation=identity.provider.organisation,
        target=person.email,
        provider=identity.provider.name,
    )
