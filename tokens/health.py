"""Findings about tokens that work, and their remedies.

Apps above add findings of their own through `hooks.token_findings`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from django.db.models import (
    CharField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Concat, Lower

from accounts import hooks
from accounts.clock import clock
from accounts.models import Account, Membership, User
from accounts.models.memberships import STANDS_FOR
from tokens.kinds import RULES
from tokens.models import BulkAction
from tokens.policies.conditions import is_last, outside_any
from tokens.reencryption import old_secrets
from tokens.states import enabled

# What was made this week may wait for whatever is to use it.
SETTLES_IN = timedelta(days=7)
UNUSED_FOR = timedelta(days=90)
# An account has them from the start and for good, so that only a rotation changes them.
SINGLE = [kind for kind, rule in RULES.items() if rule.is_single]
ENDLESS = [kind for kind, rule in RULES.items() if not rule.may_expire]


class Mend(NamedTuple):
    """The page that mends one token by itself, and the words of the link to it."""

    url_name: str
    words: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that can be wrong with tokens.

    `condition` returns which tokens have it, as a Q. `actions` are the bulk actions that
    mend it, the best one first.
    """

    slug: str
    title: str
    icon: str
    means: str
    matters: str
    remedy: str
    condition: Callable
    actions: tuple = ()
    mend: Mend | None = None

    @property
    def key(self):
        return self.slug.replace("-", "_")


def _never_used():
    made = Q(created_at__lt=clock.now() - SETTLES_IN)
    return enabled() & made & Q(last_used_at=None) & ~Q(kind__in=SINGLE) & ~is_last()


def _unused():
    unused = Q(last_used_at__lt=clock.now() - UNUSED_FOR)
    return enabled() & unused & ~Q(kind__in=SINGLE) & ~is_last()


def _endless():
    return enabled() & Q(expires_at=None) & ~Q(kind__in=ENDLESS) & ~is_last()


def _abandoned():
    """The condition of tokens whose keeper was a person and is no active member.

    What operators and programs made is nobody's; a name with an @ is a person's address.
    """
    kept = Q(keeper="") & _has_gone("created_by")
    return enabled() & (kept | _has_gone("keeper"))


def _has_gone(column):
    address = Lower(OuterRef(column))
    # Whoever groups brought, and who has not come back for long, has gone.
    members = Membership.objects.active().heard(STANDS_FOR).filter(user__email=address)
    here = members.filter(account__organisation=OuterRef("organisation"))
    staff = User.objects.filter(email=address, is_staff=True, is_active=True)
    return Q(**{f"{column}__contains": "@"}) & ~Exists(here) & ~Exists(staff)


def _nowhere():
    """The condition of tokens that are kept to accounts of which none is left."""
    listed = Concat(Value(","), Cast("pk", CharField()), Value(","))
    left = Account.objects.not_deleted().filter(organisation=OuterRef("organisation"))
    kept = ExpressionWrapper(OuterRef("kept_to"), output_field=TextField())
    left = left.annotate(listed=listed, kept=kept)
    return enabled() & ~Q(kept_to="") & ~Exists(left.filter(kept__contains=F("listed")))


def _under_old_key():
    return Q(Exists(old_secrets().filter(token=OuterRef("pk"))))


NEVER_USED = Finding(
    "never-used",
    "Never used",
    "minus-circle",
    "Made more than a week ago, and not used once.",
    "What nobody needs can still be found and used by somebody else.",
    "Disable them, and delete them once nobody has missed them.",
    _never_used,
    (BulkAction.DISABLE, BulkAction.DELETE),
)
UNUSED = Finding(
    "unused",
    "Unused for 90 days",
    "moon",
    "Used once, but not in the last 90 days.",
    "What they were made for is over; a copy in an old script or backup still works.",
    "Disable them, and delete them once nobody has missed them.",
    _unused,
    (BulkAction.DISABLE, BulkAction.DELETE),
)
ENDLESS_TOKENS = Finding(
    "endless",
    "Without an expiry",
    "calendar-days",
    "They work until somebody stops them.",
    "A secret that leaks and that nobody misses is good for ever.",
    "Set an expiry. Tokens that cannot have one, such as the last log shipping token of "
    "an account, are not listed.",
    _endless,
    (BulkAction.EXPIRY,),
)
ABANDONED = Finding(
    "abandoned",
    "Of people who have gone",
    "user-minus",
    "Who made them, rotated them last or was handed them is no active member any more.",
    "Nobody answers for them, and whoever has gone may still know their secrets.",
    "Rotate what could have been taken along; hand over what only needs somebody who "
    "answers for it.",
    _abandoned,
    (BulkAction.ROTATE, BulkAction.HANDOVER),
)
NOWHERE = Finding(
    "nowhere",
    "Kept to accounts that are gone",
    "map-pin",
    "API tokens that are kept to accounts, all of which were deleted.",
    "They reach nothing, and would again once staff restore such an account.",
    "Disable or delete them. For other accounts, make another token: this one is never "
    "given more.",
    _nowhere,
    (BulkAction.DISABLE, BulkAction.DELETE),
)
OLD_KEY = Finding(
    "old-key",
    "Under an old key",
    "lock-closed",
    "Their secrets are encrypted or indexed by a key that the operator has replaced.",
    "They work as ever, but the old key cannot be put away before they are moved.",
    "Operators move them while the portal runs: manage.py rotate_keys --purpose enc, and "
    "--purpose index for the other key. Nobody has to touch a token.",
    _under_old_key,
)
OUTSIDE = Finding(
    "outside-policy",
    "Outside the policy",
    "scale",
    "They were there before the policy of the organisation, and do not keep to it.",
    "They work on until a date that is announced, if there is one; such a token could "
    "not be made today.",
    "Do what the policy asks for: set an expiry or a note, add a filter. What nobody "
    "needs can be disabled.",
    outside_any,
    (BulkAction.EXPIRY, BulkAction.DISABLE, BulkAction.DELETE),
    Mend("tokens:page", "Look at it"),
)
OWN = (NEVER_USED, UNUSED, ENDLESS_TOKENS, ABANDONED, NOWHERE, OUTSIDE, OLD_KEY)


def findings():
    """Return what there is to find; what only operators mend comes last."""
    return sorted(hooks.token_findings, key=lambda finding: not finding.actions)


def choices():
    return [(finding.slug, finding.title) for finding in findings()]


def named(slug):
    return next(finding for finding in findings() if finding.slug == slug)


def count(tokens):
    """Return (finding, how many of some tokens have it), with one query."""
    found = findings()
    counts = {finding.key: Count("pk", filter=finding.condition()) for finding in found}
    numbers = tokens.aggregate(**counts)
    return [(finding, numbers[finding.key]) for finding in found]
