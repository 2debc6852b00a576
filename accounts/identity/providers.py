"""Providers as staff set them up: added, changed, tried out, switched on and off."""

from django.db import transaction
from django.utils import timezone

from accounts.audit.changes import changes_of
from accounts.audit.trail import record
from accounts.identity.required import locked_out_without, spare_key
from accounts.identity.trial import try_out
from accounts.locks import repeated
from accounts.mail import send_to_admins
from accounts.models import Action, EmailDomain, IdentityProvider
from accounts.rule_violations import RuleViolation

# What a test says something about.
TRIED = ("issuer", "client_id", "token_auth_method")
ASKED = ("metadata", "metadata_at", "keys", "keys_at")


@repeated
def add_provider(*, organisation, secret, domains, by, **fields):
    """Make a provider, which is off until it was tested; raises RuleViolation."""
    provider = IdentityProvider(organisation=organisation, **fields)
    provider.seal(secret)
    with transaction.atomic():
        provider.save(force_insert=True)
        _set_domains(organisation, domains)
        _record(Action.PROVIDER_ADDED, provider, by)
    return provider


@repeated
def change_provider(provider, *, secret, domains, by, **fields):
    """Save what `prepare` made of a provider; raises RuleViolation for a foreign domain.

    A blank secret is as it was.
    """
    with transaction.atomic():
        old = IdentityProvider.objects.select_for_update(no_key=True).get(
            pk=provider.pk
        )
        changes = changes_of(old, fields)
        before = _set_domains(provider.organisation, domains)
        if before != domains:
            changes.append(["domains", before, domains])
        if secret:
            changes.append(["secret", "old", "new"])
        if changes:
            provider.save()
            _record(Action.PROVIDER_CHANGED, provider, by, changes=changes)
    return provider


def prepare(provider, secret, **fields):
    """Let an unsaved provider be as it would be; returns whether it is to be tested."""
    is_other = any(getattr(provider, name) != fields[name] for name in TRIED)
    _assign(provider, fields)
    if secret:
        provider.seal(secret)
    if is_other or secret:
        provider.tested_at = None
        for name in ASKED:
            setattr(provider, name, None)
    return provider.tested_at is None


def _assign(provider, fields):
    for name, value in fields.items():
        setattr(provider, name, value)


def _set_domains(organisation, domains):
    """Give an organisation its e-mail domains, and return those it had."""
    if organisation is None:
        return []
    taken = EmailDomain.objects.filter(domain__in=domains).exclude(
        organisation=organisation
    )
    if taken.exists():
        raise RuleViolation(
            "domain_taken",
            f"{taken.first()} belongs to another organisation.",
            field="domains",
        )
    mine = EmailDomain.objects.filter(organisation=organisation)
    before = [each.domain for each in mine]
    mine.exclude(domain__in=domains).delete()
    for domain in sorted(set(domains) - set(before)):
        EmailDomain.objects.create(organisation=organisation, domain=domain)
    return before


def test(provider):
    """Try a provider out and return the Findings; notes it when all is well."""
    findings = try_out(provider)
    if all(each.is_fine for each in findings):
        provider.tested_at = timezone.now()
        found = {name: getattr(provider, name) for name in (*ASKED, "tested_at")}
        # What was tested, and not what somebody saved meanwhile.
        same = {name: getattr(provider, name) for name in (*TRIED, "enc_kid")}
        rows = IdentityProvider.objects.filter(pk=provider.pk, **same)
        rows.filter(envelope=provider.envelope).update(**found)
    return findings


@repeated
def switch_on(provider, *, by):
    """Let people sign in with a provider; raises RuleViolation until it was tested."""
    with transaction.atomic():
        row = IdentityProvider.objects.select_for_update(no_key=True).get(
            pk=provider.pk
        )
        if row.is_on:
            return
        if row.tested_at is None:
            raise RuleViolation("untested", f"Test {provider} before you switch it on.")
        IdentityProvider.objects.filter(pk=provider.pk).update(is_on=True)
        _record(Action.PROVIDER_ON, provider, by)


@repeated
def switch_off(provider, *, by):
    """Let nobody sign in with a provider; who has stays signed in for an hour at most.

    The admins are mailed where it was the last one, and their people need one.
    """
    with transaction.atomic():
        required = locked_out_without(provider)
        if IdentityProvider.objects.on().filter(pk=provider.pk).update(is_on=False):
            _record(Action.PROVIDER_OFF, provider, by)
            if required:
                _tell(required, provider)


def _tell(required, provider):
    send_to_admins(
        required.organisation.main,
        f"Nobody of your domains can sign in: {provider.name} was switched off",
        "accounts/mail/provider_off.html",
        provider=provider,
        spare=spare_key(required),
    )


def _record(action, provider, by, **data):
    record(
        action,
        by=by,
        organisation=provider.organisation,
        target=provider.name,
        issuer=provider.issuer,
        **data,
    )
