"""The three tabs of Manage tokens."""

from django.urls import reverse

from tokens.kinds import SHIPPED_TO, Kind
from tokens.models.querysets import COUNTED_UP_TO


def tabs(account, current):
    """Return the tabs with their counts; `current` is the URL name of the open one."""
    kinds = (
        ("Data shipping tokens", "tokens:shipping", SHIPPED_TO.get(account.kind)),
        ("Shared tokens", "sharing:list", Kind.SHARED),
        ("API tokens", "tokens:api", Kind.API),
    )
    return [
        {
            "label": label,
            "url": reverse(name, args=[account.pk]),
            "count": _count(account, kind),
            "current": name == current,
        }
        for label, name, kind in kinds
    ]


def _count(account, kind):
    if kind is None:
        return "0"
    return up_to(account.tokens.of_kind(kind).not_deleted().bounded_count())


def up_to(count):
    """Return a bounded count as it is shown."""
    return f"{COUNTED_UP_TO - 1}+" if count >= COUNTED_UP_TO else str(count)
