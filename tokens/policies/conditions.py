"""Which tokens a policy is about, as conditions: what is outside of it, what is unused.

Of a policy that is looked at, saved or not, its values are taken; for all organisations
at once the database looks each token's policy up.
"""

from datetime import timedelta
from functools import reduce
from operator import or_

from django.db.models import (
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
)
from django.db.models.functions import Cast

from accounts import hooks
from accounts.clock import clock
from tokens.kinds import Kind
from tokens.models import Token, TokenPolicy
from tokens.states import enabled

NOTHING = Q(pk__in=[])
DAY = Value(timedelta(days=1), output_field=DurationField())


def is_last():
    """The condition of a log token that its account has to keep, as `limits.is_last`."""
    lasting = Token.objects.of_kind(Kind.LOGS).never_expiring()
    others = lasting.filter(account=OuterRef("account")).exclude(pk=OuterRef("pk"))
    return Q(kind=Kind.LOGS, expires_at=None) & ~Exists(others)


def without_expiry():
    return Q(expires_at=None) & ~is_last()


def without_note():
    return Q(note="")


def without_networks():
    return Q(networks="")


def able_to_do_everything():
    return Q(scopes="")


def without_filters():
    """Known to a higher app only: which shared tokens show everything."""
    return any_of([condition() for condition in hooks.unfiltered_tokens])


def later_than(moment):
    return Q(expires_at__gt=moment)


def unused_since(moment):
    """The condition of tokens that nobody used or changed since then.

    A change counts, so that one which was reactivated is not disabled the day after.
    """
    unused = Q(last_used_at=None) | Q(last_used_at__lt=moment)
    return enabled() & unused & Q(updated_at__lt=moment) & ~is_last()


REQUIRED = {
    "expiry_required": without_expiry,
    "note_required": without_note,
    "filters_required": without_filters,
    "networks_required": without_networks,
    "scopes_required": able_to_do_everything,
}


def broken_rules(policy):
    """Return the condition of enabled tokens that break a rule, by the rule's name.

    Their kind and their organisation are up to the caller.
    """
    found = {
        name: enabled() & condition()
        for name, condition in REQUIRED.items()
        if getattr(policy, name)
    }
    if policy.longest_days:
        late = later_than(clock.now() + policy.longest)
        found["longest_days"] = enabled() & late
    return found


def outside(policy):
    """Return the condition of tokens outside of a policy, among those of its kind."""
    return any_of([*broken_rules(policy).values()])


def outside_any():
    """Return the condition of tokens that are outside of their own policy, whichever."""
    own = TokenPolicy.objects.filter(
        organisation=OuterRef("organisation"), kind=OuterRef("kind")
    )
    required = [
        condition() & Exists(own.filter(**{name: True}))
        for name, condition in REQUIRED.items()
    ]
    latest = Value(clock.now(), output_field=DateTimeField()) + ExpressionWrapper(
        Cast("longest_days", IntegerField()) * DAY, output_field=DurationField()
    )
    limit = own.exclude(longest_days=None).values(
        latest=ExpressionWrapper(latest, output_field=DateTimeField())
    )
    late = Q(expires_at__gt=Subquery(limit[:1]))
    return enabled() & any_of([*required, late])


def any_of(conditions):
    return reduce(or_, conditions, NOTHING)
