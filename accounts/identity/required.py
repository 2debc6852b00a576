"""Organisations that want their people to sign in with their own provider.

It holds for the addresses of their domains, while their providers are off as well: to
switch one off must not open a way in. One person may use a password all the same; each
time is an event, and a mail to the admins.
"""

from typing import NamedTuple

from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from accounts.audit.changes import changes_between
from accounts.audit.trail import Actor, record
from accounts.identity import people, sessions
from accounts.locks import locked, repeated
from accounts.mail import send_to_admins
from accounts.models import Action, IdentityProvider, RequiredSignIn, User
from accounts.models.providers import domain_of
from accounts.rule_violations import RuleViolation


def required_for(email):
    """Return the RequiredSignIn of an address, or None."""
    return RequiredSignIn.objects.of_address(email).first()


def is_exempt(required, request, person):
    """Whether a person may sign in past the provider just now.

    That is who breaks the glass, who comes from the provider and is to connect it, who
    is in and only proves it again, and staff, whom no organisation signs in.
    """
    if person is None:
        return False
    if (
        person.is_staff
        or request.user == person
        or required.break_glass_id == person.pk
    ):
        return True
    pending = sessions.pending(request)
    if pending is None or pending.provider.organisation_id != required.organisation_id:
        return False
    return people.can_be_connected(pending, person)


def refuse(request, required, email):
    """Say in a form that an address has no password here, and what there is instead."""
    request.sign_in_with = providers_of(required)
    names = " or ".join(each.name for each in request.sign_in_with)
    text = f"People of {domain_of(email)} sign in with {names}, not with a password."
    if not names:
        text = (
            f"People of {domain_of(email)} sign in with their organisation's provider, "
            "which is switched off just now. Ask your admin."
        )
    raise ValidationError(text, code="sign_in_required")


def providers_of(required):
    rows = IdentityProvider.objects.on().filter(organisation=required.organisation_id)
    return list(rows.order_by("name"))


class Trouble(NamedTuple):
    """A danger of being locked out by the required sign-in, and its remedy."""

    title: str
    means: str
    remedy: str


def troubles(organisation):
    """Return the Troubles of an organisation's required sign-in just now."""
    row = RequiredSignIn.objects.filter(organisation=organisation).first()
    if row is None:
        return []
    spare = spare_key(row)
    found = []
    if not organisation.identity_providers.on().exists():
        found.append(_all_off(spare))
    if spare is None:
        found.append(NO_SPARE_KEY)
    return found


def is_locked_out(organisation, providers):
    """Whether an organisation requires its own sign-in, and none of its providers is on."""
    if any(each.is_on for each in providers):
        return False
    return RequiredSignIn.objects.filter(organisation=organisation).exists()


NO_SPARE_KEY = Trouble(
    "Nobody can break the glass",
    "Your own sign-in is required, and no admin with a password may sign in without it. "
    "When your provider is away, nobody of your domains gets in.",
    "Under Sign-in, choose an admin who has a password and a second factor.",
)


def _all_off(spare):
    return Trouble(
        "Nobody can sign in",
        "Your own sign-in is required, and none of your providers is on: of your domains "
        f"{f'only {spare.email} gets' if spare else 'nobody gets'} in.",
        "Ask the operator to switch one on, or under Sign-in require it no more.",
    )


def spare_key(row):
    """Return who may use a password past what a RequiredSignIn says, and can; or None."""
    person = row.break_glass
    if person is None or not person.has_usable_password():
        return None
    admins = row.organisation.main.memberships.admins()
    return person if admins.filter(user=person).exists() else None


def locked_out_without(provider):
    """Return the RequiredSignIn whose people have no provider left without this, or None."""
    if not provider.is_on:
        return None
    row = RequiredSignIn.objects.filter(organisation=provider.organisation_id)
    others = IdentityProvider.objects.on().filter(organisation=provider.organisation_id)
    if others.exclude(pk=provider.pk).exists():
        return None
    return row.select_related("organisation", "break_glass").first()


def note_use(request, required, person):
    """Tell the trail and the admins that somebody signed in past the provider."""
    actor = Actor.of(request)
    main = required.organisation.main
    with transaction.atomic():
        record(Action.BREAK_GLASS_USED, by=actor, account=main, target=person.email)
        send_to_admins(
            main,
            "Somebody signed in past the required provider",
            "accounts/mail/break_glass.html",
            person=person,
            ip=actor.ip,
        )


def people_under(organisation):
    """Return the people whose address is of an organisation's domains."""
    condition = Q(pk=None)
    for each in organisation.email_domains.all():
        condition |= Q(email__endswith=f"@{each.domain}")
    return User.objects.filter(condition, is_active=True, is_staff=False)


@repeated
def set_required(account, *, required, break_glass, by, session_key):
    """Require an organisation's own sign-in, or not any more; says how many sessions end.

    The sessions of its people that no provider of its own opened end, but the one with
    `session_key`, whose person asks for it.
    """
    organisation = account.organisation
    with locked(account):
        row = RequiredSignIn.objects.filter(organisation=organisation).first()
        wanted = break_glass if required else None
        changes = changes_between(
            _described(bool(row), row and row.break_glass), _described(required, wanted)
        )
        if not changes:
            return 0
        _keep(organisation, required, wanted)
        record(
            Action.SIGN_IN_REQUIRED,
            by=by,
            account=account,
            target=organisation.name,
            changes=changes,
        )
        return _end_others(organisation, wanted, session_key) if required else 0


def _described(required, break_glass):
    return {"required": required, "break_glass": break_glass and break_glass.email}


def _keep(organisation, required, break_glass):
    rows = RequiredSignIn.objects.filter(organisation=organisation)
    if required:
        RequiredSignIn.objects.update_or_create(
            organisation=organisation, defaults={"break_glass": break_glass}
        )
        # What comes from groups waits while the provider is away.
        here = organisation.main.memberships.filter(user=break_glass)
        here.update(granted_by=None, kept_at=None)
    else:
        rows.delete()


def _end_others(organisation, break_glass, session_key):
    slugs = organisation.identity_providers.values_list("slug", flat=True)
    under = people_under(organisation).exclude(pk=break_glass and break_glass.pk)
    rows = UserSession.objects.filter(user__in=under).exclude(session_key=session_key)
    found = [each for each in rows if each.data.get("provider") not in set(slugs)]
    for session in found:
        session.end()
    return len(found)


def check_seen_to_work(request, organisation, break_glass):
    """Raise RuleViolation for what would lock people out, the one who asks first."""
    person = request.user
    rows = organisation.identity_providers.on()
    here = sessions.of(request) or {}
    domains = {each.domain for each in organisation.email_domains.all()}
    if not rows.exists():
        _not_yet("None of your providers is on. Ask the operator.")
    is_under = domain_of(person.email) in domains and break_glass != person
    if is_under and not rows.filter(slug=here.get("provider")).exists():
        _not_yet(
            "Sign in with your provider yourself first, so that you see that it works."
        )


def _not_yet(sentence):
    raise RuleViolation("not_tried", sentence, field="required")
