"""The effect of a policy, in numbers and names, before it is saved.

Tokens that are there work on: what is outside of a policy is listed, and ends only where
the policy has a date, or was unused for too long.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, Q

from accounts.clock import clock
from accounts.plurals import counted
from tokens.models import PlannedEnd, Token
from tokens.models.policies import Cause
from tokens.policies.conditions import broken_rules, is_last
from tokens.policies.ends import ends_of, soonest

NAMED = 5
# What tokens are like that break a rule: one, and several.
BROKEN = {
    "expiry_required": ("has no expiry", "have no expiry"),
    "longest_days": ("expires later than that", "expire later than that"),
    "note_required": ("has no note", "have no note"),
    "filters_required": ("shows everything", "show everything"),
    "networks_required": ("can be used from anywhere", "can be used from anywhere"),
    "scopes_required": ("can do everything", "can do everything"),
    "unused_days": ("is unused", "are unused"),
}


@dataclass(frozen=True, slots=True)
class Effect:
    """The tokens that break a rule, or were unused for too long, and until when they work.

    `until` is None for those that work until somebody stops them. Of `tokens` a few are
    `named`, of those that whoever asks may see; `kept` ones are never disabled.
    """

    rule: str
    tokens: int
    accounts: int
    until: datetime | None = None
    is_announced: bool = False
    kept: int = 0
    named: list = field(default_factory=list)

    @property
    def more(self):
        return self.tokens - len(self.named)

    @property
    def headline(self):
        """Who breaks the rule, such as "12 tokens of 4 accounts have no expiry"."""
        verb = BROKEN[self.rule][self.tokens != 1]
        accounts = "" if self.accounts == 1 else f" of {self.accounts:,} accounts"
        return f"{counted(self.tokens, 'token')}{accounts} {verb}"


@dataclass(frozen=True, slots=True)
class Effects:
    """The Effects of one policy; `outside` counts each token once."""

    policy: object
    outside: int
    effects: tuple
    # Ends that were planned and that saving calls off.
    called_off: int


def effects_of(policy, *, visible):
    """Return the Effects of a policy, saved or not; `visible` are accounts to name."""
    now = clock.now()
    tokens = Token.objects.not_deleted().filter(
        organisation=policy.organisation_id, kind=policy.kind
    )
    broken = broken_rules(policy)
    found = [
        _effect(policy, name, tokens.filter(condition), visible, now)
        for name, condition in broken.items()
    ]
    ends = ends_of(policy, now)
    found += _of_unused(ends, tokens, visible, now)
    planned = PlannedEnd.objects.filter(
        token__organisation=policy.organisation_id, token__kind=policy.kind
    )
    return Effects(
        policy=policy,
        outside=_distinct(tokens, broken),
        effects=tuple(each for each in found if each.tokens),
        called_off=planned.exclude(pk__in=ends).count(),
    )


def _of_unused(ends, tokens, visible, now):
    """Yield the Effect on tokens that nothing uses, where there are any."""
    unused = [pk for pk, end in ends.items() if end.cause == Cause.UNUSED]
    if unused:
        first = min(max(ends[pk].base, soonest(now)) for pk in unused)
        some = tokens.filter(pk__in=unused)
        yield _counted("unused_days", some, visible, until=first, announced=True)


def _distinct(tokens, broken):
    either = Q(pk__in=[])
    for condition in broken.values():
        either |= condition
    return tokens.filter(either).count()


def _effect(policy, name, tokens, visible, now):
    date = policy.ends_outside_at
    if date:
        until = max(date, soonest(now))
        kept = tokens.filter(is_last()).count()
        return _counted(name, tokens, visible, until=until, announced=True, kept=kept)
    last = tokens.aggregate(last=Max("expires_at"))["last"]
    return _counted(
        name, tokens, visible, until=last if name == "longest_days" else None
    )


def _counted(name, tokens, visible, *, until, announced=False, kept=0):
    numbers = tokens.aggregate(
        tokens=Count("pk"), accounts=Count("account", distinct=True)
    )
    shown = tokens.filter(account__in=visible).select_related("account")
    return Effect(
        rule=name,
        until=until,
        is_announced=announced,
        kept=kept,
        named=list(shown.order_by("name_key", "pk")[:NAMED]),
        **numbers,
    )
