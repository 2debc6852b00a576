"""Objections of a policy to a change; asked while the account's lock is held.

A policy holds for what is made or changed from now on: what is there already works on,
and is listed as outside of it. What moves in with its secret is taken as it is, too.
"""

from accounts import hooks
from accounts.clock import clock
from accounts.models import Account
from accounts.plurals import counted
from accounts.rule_violations import RuleViolation
from tokens.kinds import Kind
from tokens.models.policies import TokenPolicy


class PolicyViolation(RuleViolation):
    """A policy of the organisation said no: 400 with a code in the Logz.io API."""

    is_coded = True


def policy_of(owner, kind):
    """Return the TokenPolicy of a kind in an account's organisation, or None.

    Where the organisation was read already, and has no policies, nothing is asked.
    """
    if owner is None:
        return None
    is_known = Account.organisation.is_cached(owner)
    if is_known and not owner.organisation.has_policies:
        return None
    return TokenPolicy.objects.filter(
        organisation=owner.organisation_id, kind=kind
    ).first()


def of_token(token):
    return policy_of(token.account, token.kind)


def check_new(token):
    """Raise PolicyViolation when a policy stands against a token that is to be made."""
    policy = of_token(token)
    if policy:
        _check_all(policy, token)


def _check_all(policy, token):
    _check_note(policy, token)
    _check_networks(policy, token)
    _check_scopes(policy, token)
    _check_expiry(policy, token, token.expires_at)


def check_note(token):
    """Raise PolicyViolation for a note that may not be removed."""
    policy = of_token(token)
    if policy:
        _check_note(policy, token)


def check_networks(token):
    """Raise PolicyViolation for a token that may not be without networks."""
    policy = of_token(token)
    if policy:
        _check_networks(policy, token)


def check_expiry(token, expires_at, *, policy=None):
    """Raise PolicyViolation for an expiry that is too late, or for none.

    Who looks at thousands of tokens brings the `policy`.
    """
    policy = policy or of_token(token)
    if policy:
        _check_expiry(policy, token, expires_at)


def check_overlap(token, overlap, *, policy=None):
    """Raise PolicyViolation for a rotation that gives callers too little time."""
    policy = policy or of_token(token)
    if policy and not allows_overlap(policy, overlap):
        least = policy.least_overlap_hours
        raise PolicyViolation(
            "policy_overlap_too_short",
            f"The policy for {policy.label_inside}s asks for an overlap of at least "
            f"{counted(least, 'hour')}. To stop the old secret sooner, finish the "
            "rotation after it.",
            field="overlap",
        )


def allows_overlap(policy, overlap):
    return overlap.total_seconds() / 3600 >= (policy.least_overlap_hours or 0)


def check_filters(account, *, shows_everything):
    """Raise PolicyViolation for a link that is to show everything."""
    policy = policy_of(account, Kind.SHARED) if shows_everything else None
    if policy and policy.filters_required:
        raise PolicyViolation(
            "policy_filters_required",
            "The policy for shared tokens asks for at least one filter.",
            field="filters",
        )


def check_kept(token):
    """Raise PolicyViolation when a token may not be brought to life as it is."""
    policy = of_token(token)
    if policy:
        _check_all(policy, token)
        for check in hooks.policy_checks:
            check(token)


def why_outside(token):
    """Return why a token may not be brought to life as it is, or an empty text."""
    try:
        check_kept(token)
    except PolicyViolation as violation:
        return violation.message
    return ""


def _check_note(policy, token):
    if policy.note_required and not token.note:
        raise PolicyViolation(
            "policy_note_required",
            f"The policy for {policy.label_inside}s asks for a note: say what it is for.",
            field="note",
        )


def _check_networks(policy, token):
    if policy.networks_required and not token.networks:
        raise PolicyViolation(
            "policy_networks_required",
            f"The policy for {policy.label_inside}s asks for the networks that such a "
            "token is used from.",
            field="networks",
        )


def _check_scopes(policy, token):
    if policy.scopes_required and not token.scopes:
        raise PolicyViolation(
            "policy_scopes_required",
            "The policy for API tokens allows none that can do everything: choose what "
            "it is for.",
            field="scopes",
        )


def _check_expiry(policy, token, expires_at):
    if expires_at is None:
        if policy.expiry_required and not is_kept_endless(token):
            raise PolicyViolation(
                "policy_expiry_required",
                f"The policy for {policy.label_inside}s asks for an expiry{_within(policy)}.",
                field="expires_at",
            )
    elif policy.longest_days and expires_at > clock.now() + policy.longest:
        raise PolicyViolation(
            "policy_lifetime_too_long",
            f"The policy for {policy.label_inside}s allows an expiry at most "
            f"{counted(policy.longest_days, 'day')} ahead.",
            field="expires_at",
        )


def is_kept_endless(token):
    """Whether the account needs this log token, or a first one, without an expiry."""
    if token.kind != Kind.LOGS:
        return False
    others = type(token).objects.filter(account=token.account_id, kind=token.kind)
    others = others.exclude(pk=token.pk) if token.pk else others
    return not others.never_expiring().exists()


def _within(policy):
    days = policy.longest_days
    return f" within {counted(days, 'day')}" if days else ""
