"""Setting the policies of an organisation: all of it or nothing, and an event for each."""

from datetime import timedelta

from accounts.audit.changes import changes_between
from accounts.audit.trail import record
from accounts.clock import clock
from accounts.locks import locked, repeated
from accounts.models import Action, Organisation
from accounts.plurals import counted
from accounts.rule_violations import RuleViolation, Stale
from tokens.models.policies import PolicyRound, TokenPolicy, policies_of
from tokens.policies.rules import POLICY_KINDS, POLICY_RULES, of_kind

# What is disabled is announced so long ahead.
NOTICE = timedelta(days=14)
# A day that was chosen is told with its end.
FAREST = timedelta(days=3660)


def draft(policy, values):
    """Return an unsaved TokenPolicy of a policy's kind that asks for `values` alone.

    A longest lifetime is an expiry, too. Raises RuleViolation that names the rule.
    """
    made = TokenPolicy(
        organisation_id=policy.organisation_id, kind=policy.kind, version=policy.version
    )
    for name, value in values.items():
        if value:
            _check(policy, name, value)
            setattr(made, name, value)
    made.expiry_required = bool(made.expiry_required or made.longest_days)
    return made


def _check(policy, name, value):
    rule = POLICY_RULES[name]
    if policy.kind not in rule.kinds:
        raise RuleViolation(
            "policy_not_for_kind",
            f"There is no such rule for a {policy.label_inside}.",
            field=name,
        )
    if rule.least and not rule.least <= value <= rule.most:
        raise RuleViolation(
            "policy_out_of_range",
            f"Choose a number from {rule.least} to {rule.most:,}.",
            field=name,
        )
    if name == "ends_outside_at" and value != policy.ends_outside_at:
        _check_end(value)


def _check_end(value):
    now = clock.now()
    if not now + NOTICE <= value <= now + FAREST:
        raise RuleViolation(
            "policy_date_too_near",
            f"Choose a time at least {counted(NOTICE.days, 'day')} ahead, and within "
            "ten years: it is announced before anything is disabled.",
            field="ends_outside_at",
        )


@repeated
def save_policies(account, drafts, *, by, version=None):
    """Set the policies of a main account's organisation for the kinds that were drafted.

    `version` is the one of all of them that the caller saw; raises Stale for another.
    """
    organisation = account.organisation
    with locked(account):
        before = policies_of(organisation.pk)
        if version is not None and version != version_of(before):
            raise Stale("The policies")
        for policy in drafts:
            _save(account, before[policy.kind], policy, by)
        asks = TokenPolicy.objects.filter(organisation=organisation)
        organisation.has_policies = any(each.asks for each in asks)
        Organisation.objects.filter(pk=organisation.pk).update(
            has_policies=organisation.has_policies
        )
        PolicyRound.wake()


def _save(account, before, policy, by):
    changes = [
        [name, _told(old), _told(new)]
        for name, old, new in changes_between(before.rules, policy.rules)
    ]
    if not changes:
        return
    values = {name: getattr(policy, name) for name in of_kind(policy.kind)}
    TokenPolicy.objects.update_or_create(
        organisation=account.organisation,
        kind=policy.kind,
        defaults=values | {"version": before.version + 1},
    )
    record(
        Action.POLICY_CHANGED,
        by=by,
        account=account,
        target=f"{account.organisation.name}: {policy.label_inside}s",
        changes=changes,
    )


def _told(value):
    return value.isoformat() if hasattr(value, "isoformat") else value


def version_of(policies):
    """Return a number that no other state of the policies had."""
    return sum(policies[kind].version for kind in POLICY_KINDS)
