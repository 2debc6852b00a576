"""Rules against changes of a token: limits and protections; those of names are in naming.

Everything here is asked while the account's lock is held.
"""

from contextlib import contextmanager

from django.db import transaction

from accounts import hooks
from accounts.clock import clock
from accounts.locks import locked
from accounts.models import AuditChain, Membership
from accounts.models.accounts import RESTORABLE_DAYS
from accounts.rule_violations import RuleViolation
from tokens.kinds import OF_INSTALLATION, RULES, SHIPPING, Kind
from tokens.naming import check_name, check_note
from tokens.policies import checks

# Of a minute; more is what a host can tell of no token.
MOST_CALLS = 1_000_000


def locked_account(account, *, savepoint=True):
    """Hold the account's lock, or the installation's for tokens of its own."""
    if account is None:
        return locked_installation()
    return locked(account, savepoint=savepoint)


@contextmanager
def locked_installation():
    """Hold the audit chain that every change of a token of its own ends in."""
    with transaction.atomic():
        AuditChain.objects.select_for_update(no_key=True).get_or_create(
            organisation=None
        )
        yield


def check_new(token):
    """Raise RuleViolation when the account cannot have this further token."""
    _check_kind(token)
    check_name(token)
    check_note(token)
    check_calls_per_minute(token)
    check_expiry(token, token.expires_at)
    if not token.disabled_at:
        check_room(token)


def why_not_offered(account, kind):
    """Return why an account has no such tokens to make in the portal, or a blank."""
    if kind != Kind.API:
        return ""
    if not account.has_api_tokens:
        return "account_type_has_no_api_tokens"
    if not account.organisation.entitlement.api_tokens:
        return "plan_has_no_api_tokens"
    return ""


NOT_OFFERED = {
    "account_type_has_no_api_tokens": (
        "A metrics account has no API tokens. Use one of the main account."
    ),
    "plan_has_no_api_tokens": "API tokens come with the Pro and Enterprise plans.",
}


def check_offered(account, kind):
    """Raise RuleViolation when the portal does not offer a kind in an account."""
    code = why_not_offered(account, kind)
    if code:
        raise RuleViolation(code, NOT_OFFERED[code])


def _check_kind(token):
    if token.account is None or token.account.kind in RULES[token.kind].lives_in:
        return
    label = Kind(token.kind).label.lower()
    code = (
        "account_type_has_no_shipping_tokens"
        if token.kind in SHIPPING
        else "account_type_has_no_tokens_of_this_kind"
    )
    raise RuleViolation(
        code, f"A {token.account.get_kind_display()} account has no {label}s."
    )


def check_calls_per_minute(token):
    """Raise RuleViolation for a limit that such a token cannot have."""
    most = token.calls_per_minute
    if most is None:
        return
    if token.kind in OF_INSTALLATION:
        raise RuleViolation(
            "no_limit",
            "A token of the installation has no limit: it asks for all others.",
            field="calls_per_minute",
        )
    if not 1 <= most <= MOST_CALLS:
        raise RuleViolation(
            "limit_out_of_range",
            f"A limit is from 1 to {MOST_CALLS:,} calls a minute.",
            field="calls_per_minute",
        )


def siblings(token):
    """Return the other tokens of the same account and kind that are not deleted."""
    tokens = type(token).objects.not_deleted()
    tokens = tokens.filter(account=token.account_id, kind=token.kind)
    return tokens.exclude(pk=token.pk) if token.pk else tokens


def limit(account):
    """Return how many log tokens may be enabled in an account at once."""
    return account.organisation.entitlement.enabled_log_tokens


def has_room(token, *, enabled=None):
    """Whether a token may be enabled besides those that are `enabled`, if they are counted."""
    if token.kind != Kind.LOGS:
        return True
    if enabled is None:
        enabled = siblings(token).enabled().count()
    return enabled < limit(token.account)


def check_enabling(token):
    """Raise RuleViolation when a token may not be brought to life."""
    check_room(token)
    checks.check_kept(token)
    for check in hooks.token_checks:
        check(token)


def why_not_enabled(token):
    """Return why a token that is restored comes back disabled, or an empty text."""
    if not has_room(token):
        return "The limit of enabled tokens was reached"
    return checks.why_outside(token)


def check_room(token, *, enabled=None):
    if not has_room(token, enabled=enabled):
        raise RuleViolation("limit_reached", limit_words(limit(token.account)))


def limit_words(most):
    if most == 1:
        # The one that there is cannot be disabled to make room for another.
        return (
            "The plan allows 1 enabled log shipping token per account. "
            "Pro and Enterprise allow more."
        )
    return (
        f"The plan allows {most} enabled log shipping tokens per account. "
        "Disable one first."
    )


def protect_single(token):
    """Raise RuleViolation when the account has the token from the start, for good."""
    if token.rule.is_single:
        raise RuleViolation(
            "single_token",
            f"{token.account.name} has exactly one such token. Rotate it instead.",
        )


def is_last(token):
    """Whether a token is the last log token of its account that works and never expires."""
    if token.kind != Kind.LOGS or token.disabled_at or token.expires_at:
        return False
    return not siblings(token).never_expiring().exists()


def protect_last(token, *, is_last=is_last):
    """Raise RuleViolation when the account would be left without a log token that never expires.

    Who looks at thousands of tokens tells in another way which `is_last`.
    """
    reason = why_protected(token, is_last=is_last)
    if reason:
        raise RuleViolation("last_enabled_token", reason)


LAST_ENABLED = (
    "This is the last enabled log shipping token. "
    "An account needs one at any time: add or enable another one first."
)
ONLY_ONE = (
    "This is the one enabled log shipping token that the plan allows, and an account "
    "needs one at any time. Rotate it instead."
)


def last_enabled_words(account):
    """Return why an account's last enabled log token stays: another may not be allowed."""
    return ONLY_ONE if limit(account) == 1 else LAST_ENABLED


def why_protected(token, *, is_last=is_last):
    """Return why a token can be neither disabled nor deleted, or an empty text."""
    if token.rule.is_single:
        return "This account has exactly one shipping token. Rotate it instead."
    return last_enabled_words(token.account) if is_last(token) else ""


def sole_never_expiring(account):
    """Return the id of the log token that is protected right now, or None."""
    lasting = account.tokens.of_kind(Kind.LOGS).never_expiring().oldest_first()
    found = list(lasting.values_list("pk", flat=True)[:2])
    return found[0] if len(found) == 1 else None


def check_expiry(token, expires_at, *, is_last=is_last):
    """Raise RuleViolation when a token may not expire then, or not at all."""
    if expires_at is None:
        _check_endless(token)
        return
    if not token.rule.may_expire:
        raise RuleViolation(
            "no_expiry", "Such a token has no expiry.", field="expires_at"
        )
    if expires_at <= clock.now():
        raise RuleViolation(
            "expiry_in_the_past",
            "The expiry must be in the future.",
            field="expires_at",
        )
    if why_protected(token, is_last=is_last):
        raise RuleViolation(
            "last_enabled_token",
            "The last enabled log shipping token never expires.",
            field="expires_at",
        )


def _check_endless(token):
    if token.kind != Kind.SHARED or token.account.organisation.allows_endless_links:
        return
    raise RuleViolation(
        "expiry_required",
        "Shared tokens need an expiry in this organisation.",
        field="expires_at",
    )


def check_keeper(owned, email):
    """Raise RuleViolation unless an active member of the organisation has an e-mail.

    `owned` is a token, or an account.
    """
    members = Membership.objects.active().filter(
        account__organisation=owned.organisation_id
    )
    if not members.filter(user__email=email).exists():
        raise RuleViolation(
            "not_a_member", f"{email} is no active member here.", field="keeper"
        )


def check_restorable(token):
    if token.pk and not type(token).objects.recently_deleted().filter(pk=token.pk):
        raise RuleViolation(
            "too_late", f"Deleted tokens can be restored for {RESTORABLE_DAYS} days."
        )
