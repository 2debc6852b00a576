"""How much mail an organisation may have the portal send in a day, in its own words.

Invitations go to whomever somebody names, so that they are counted: by the events of
the audit trail, which are there for each that is sent and exact over all hosts.
"""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import Action, AuditEvent
from accounts.rule_violations import RuleViolation

DAY = timedelta(days=1)
# Of the same organisation, to the same person.
MOST_TO_ONE = 5
INVITATIONS = (Action.USER_ADDED, Action.USER_UPDATED)


def check_invitations(membership, *, by):
    """Raise RuleViolation for the invitation that is one too many.

    Belongs after its event and in the same transaction: whoever writes the next one of
    the organisation waits for that. Operators may send as many as they need.
    """
    if is_operator(by):
        return
    sent = lately(membership.account, INVITATIONS).filter(data__mailed=True)
    if sent.count() > settings.INVITATIONS_A_DAY:
        raise RuleViolation(
            "too_many_invitations",
            f"An organisation sends up to {settings.INVITATIONS_A_DAY} invitations in a "
            "day. Go on tomorrow, or ask the operators.",
            field="email",
        )
    if sent.filter(target=membership.user.email).count() > MOST_TO_ONE:
        raise RuleViolation(
            "too_many_invitations",
            f"Somebody gets up to {MOST_TO_ONE} invitations of an organisation in a "
            "day. Try again tomorrow.",
            field="email",
        )


def lately(account, actions):
    """Return the organisation's events of some kinds in the last 24 hours."""
    return AuditEvent.objects.filter(
        organisation=account.organisation_id,
        created_at__gt=timezone.now() - DAY,
        action__in=actions,
    )


def is_operator(by):
    """Whether it is operator staff or their console that acts."""
    return by.user.is_staff if by.user else by.token_id is None
